//! What was read, and what was wrong with it.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use crate::strict::{self, Mapping};

/// The files that a test looks at.
#[derive(Debug)]
pub(crate) struct Input {
    messages: File,
    violations: File,
    mapping: Mapping,
}

// === impl Input ===

impl Input {
    pub(crate) fn create(out: &Path) -> anyhow::Result<Self> {
        let append = |path: &Path| File::options().create(true).append(true).open(path);
        let mut violations = out.as_os_str().to_owned();
        violations.push(".violations");
        Ok(Self {
            messages: append(out)?,
            violations: append(Path::new(&violations))?,
            mapping: Mapping::default(),
        })
    }

    /// Takes frames that were read whole. They are in the file when this returns.
    pub(crate) fn take<'f>(
        &mut self,
        frames: impl Iterator<Item = &'f [u8]>,
    ) -> anyhow::Result<()> {
        let mut lines = Vec::new();
        for frame in frames {
            let (message, violations) = strict::check(frame, &mut self.mapping);
            if message.is_some() {
                lines.extend_from_slice(frame);
                lines.push(b'\n');
            }
            for violation in violations {
                self.tell(&violation)?;
            }
        }
        self.messages.write_all(&lines)?;
        Ok(())
    }

    pub(crate) fn tell(&mut self, violation: &str) -> anyhow::Result<()> {
        writeln!(self.violations, "{violation}")?;
        Ok(())
    }
}
