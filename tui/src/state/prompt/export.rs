//! Writing the screen into a file: `md bitville-requests-20261123T140110Z.md`, a kind and a name.

use std::path::PathBuf;

use super::{Prompt, Purpose};
use crate::action::Effect;
use crate::export::errand::Errand;
use crate::export::kind::Kind;
use crate::export::screen;
use crate::state::State;
use crate::state::line::Line;
use crate::typed::Fault;

// === impl State ===

impl State {
    /// Opens the line with a name that fits.
    pub(in crate::state) fn open_export(&mut self) {
        let line = self.proposed(screen::kinds(self)[0]);
        self.prompt = Some(Prompt::new(Purpose::Export, &line));
    }

    /// Another kind of file, with its ending.
    pub(super) fn next_kind(&mut self) {
        let Some(prompt) = &self.prompt else {
            return;
        };
        let line = prompt.line.text();
        let (name, file) = line.split_once(' ').unwrap_or((line, ""));
        let kinds = screen::kinds(self);
        let at = kinds.iter().position(|kind| kind.name() == name);
        let next = kinds[at.map_or(0, |at| (at + 1) % kinds.len())];
        let file = file.trim();
        // A name that was typed stays, but for its ending.
        let line = match at.map(|at| kinds[at]) {
            Some(kind) if file != screen::file_name(self, kind) => {
                let stem = file.strip_suffix(kind.ending()).unwrap_or(file);
                let stem = stem.strip_suffix('.').unwrap_or(stem);
                format!("{} {stem}.{}", next.name(), next.ending())
            }
            _ => self.proposed(next),
        };
        if let Some(prompt) = &mut self.prompt {
            prompt.line = Line::new(&line);
            prompt.fault = None;
        }
    }

    fn proposed(&self, kind: Kind) -> String {
        format!("{} {}", kind.name(), screen::file_name(self, kind))
    }

    pub(super) fn enter_export(&mut self, effects: &mut Vec<Effect>) {
        if let Some(prompt) = self.prompt.take() {
            let line = prompt.line.text().to_owned();
            let outcome = self.export(&line, effects);
            self.mend(prompt, outcome);
        }
    }

    /// Sends the file on its way.
    pub(super) fn export(&mut self, line: &str, effects: &mut Vec<Effect>) -> Result<(), Fault> {
        let begun = line.trim_start();
        let column = line.chars().count() - begun.chars().count();
        let fault = |words| Fault { column, words };
        let (name, file) = begun.split_once(char::is_whitespace).unwrap_or((begun, ""));
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
        let kind = kind.ok_or_else(|| {
            let names: Vec<&str> = screen::kinds(self).into_iter().map(Kind::name).collect();
            fault(format!(
                "{name:?} is no kind of file; {} is",
                names.join(", ")
            ))
        })?;
        let content = screen::content(self, kind).map_err(fault)?;
        let path = match file.trim() {
            "" => screen::file_name(self, kind),
            file => file.to_owned(),
        };
        let path = PathBuf::from(path);
        self.notice = Some(format!("writing {} …", path.display()));
        effects.push(Effect::Export(Errand { path, content }));
        Ok(())
    }

    pub(in crate::state) fn exported(
        &mut self,
        outcome: Result<String, String>,
        effects: &mut Vec<Effect>,
    ) {
        self.notice = Some(match outcome {
            Ok(words) => words,
            Err(words) => format!("nothing was written: {words}"),
        });
        effects.push(Effect::Draw);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Msg;
    use crate::export::screen::Content;
    use crate::keymap::Key;
    use crate::state::tests::Desk;

    fn line(desk: &Desk) -> &str {
        let prompt = desk.state.prompt.as_ref().expect("the line is open");
        prompt.line.text()
    }

    fn errand(desk: &Desk) -> Option<&Errand> {
        desk.effects.iter().find_map(|effect| match effect {
            Effect::Export(errand) => Some(errand),
            _ => None,
        })
    }

    #[test]
    fn tab_goes_round_the_kinds_and_enter_writes() {
        let mut desk = Desk::started(120, 40);
        desk.keys(&[Key::Char('2'), Key::Char('e')]);
        assert_eq!(line(&desk), "md bitville-requests-20261123T135340Z.md");
        desk.keys(&[Key::Tab, Key::Tab]);
        assert_eq!(line(&desk), "json bitville-requests-20261123T135340Z.json");
        desk.keys(&[Key::Tab, Key::Tab]);
        assert_eq!(line(&desk), "md bitville-requests-20261123T135340Z.md");
        desk.key(Key::Enter);
        let errand = errand(&desk).expect("it is written");
        let path = PathBuf::from("bitville-requests-20261123T135340Z.md");
        assert_eq!(errand.path, path);
        assert!(matches!(&errand.content, Content::Bytes(bytes) if !bytes.is_empty()));
        desk.send(Msg::Exported(Ok("wrote 1 KiB to /x".to_owned())));
        assert_eq!(desk.state.notice.as_deref(), Some("wrote 1 KiB to /x"));
    }

    #[test]
    fn a_name_of_ones_own_is_kept_and_its_ending_goes_along() {
        let mut desk = Desk::started(120, 40);
        desk.key(Key::Char('e'));
        desk.key(Key::Ctrl('u'));
        desk.send(Msg::Paste("md ~/ticket 4711.md".to_owned()));
        desk.key(Key::Tab);
        assert_eq!(line(&desk), "text ~/ticket 4711.txt");
    }

    #[test]
    fn a_command_does_the_same_and_what_is_no_kind_is_told() {
        let mut desk = Desk::started(120, 40);
        desk.key(Key::Char(':'));
        desk.send(Msg::Paste("export bundle it.bvz".to_owned()));
        desk.key(Key::Enter);
        let sent = errand(&desk).expect("it is written");
        assert_eq!(sent.path, PathBuf::from("it.bvz"));
        desk.key(Key::Char(':'));
        desk.send(Msg::Paste("export  xml it.xml".to_owned()));
        desk.key(Key::Enter);
        let prompt = desk.state.prompt.as_ref().expect("it can be mended");
        let fault = prompt.fault.as_ref().expect("a fault");
        assert_eq!(fault.column, 8);
        assert_eq!(
            fault.words,
            "\"xml\" is no kind of file; md, text, json, csv, report, bundle is"
        );
        assert!(errand(&desk).is_none());
    }

    #[test]
    fn what_could_not_be_written_is_told() {
        let mut desk = Desk::started(120, 40);
        desk.send(Msg::Exported(Err("no room".to_owned())));
        assert_eq!(
            desk.state.notice.as_deref(),
            Some("nothing was written: no room")
        );
    }
}
