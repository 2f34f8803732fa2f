//! The settings as they were read, and the text they were read from: workers get that very text.

use std::path::{Path, PathBuf};

use daemon::settings::{SettingsError, read_text};

use crate::settings::Settings;

/// The settings and the text that they were read from.
#[derive(Debug)]
pub struct Given {
    pub path: PathBuf,
    pub text: String,
    pub settings: Settings,
}

// === impl Given ===

impl Given {
    /// Reads and checks the file.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = read_text(path)?;
        let settings = Settings::from_text(path, &text)?;
        settings.uplink.check_files()?;
        Ok(Self {
            path: path.to_owned(),
            text,
            settings,
        })
    }
}
