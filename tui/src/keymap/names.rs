//! What each action is called on the command line: a word, for good.
//!
//! The match is exhaustive, so an action without a name doesn't compile.

use crate::action::{Action, Moment, Navigate};
use crate::board::Severity;
use crate::state::request::Tab;

/// The action's name, as it is typed behind `:`.
pub const fn name(action: Action) -> &'static str {
    match action {
        Action::Down => "down",
        Action::Up => "up",
        Action::HalfPageDown => "half-page-down",
        Action::HalfPageUp => "half-page-up",
        Action::PageDown => "page-down",
        Action::PageUp => "page-up",
        Action::Top => "top",
        Action::Bottom => "bottom",
        Action::Open => "open-selected",
        Action::Back => "back",
        Action::Leave => "leave",
        Action::FocusNext => "next-pane",
        Action::FocusPrevious => "previous-pane",
        Action::SpikeOlder => "older-spike",
        Action::SpikeNewer => "newer-spike",
        Action::ZoomIn => "zoom-in",
        Action::ZoomOut => "zoom-out",
        Action::Brush => "select-range",
        Action::EdgeEarlier => "edge-earlier",
        Action::EdgeLater => "edge-later",
        Action::EdgeFarEarlier => "edge-far-earlier",
        Action::EdgeFarLater => "edge-far-later",
        Action::EdgeOther => "other-edge",
        Action::Undo => "undo",
        Action::PanEarlier => "earlier",
        Action::PanLater => "later",
        Action::FitSpike => "fit-spike",
        Action::Heatmap => "durations",
        Action::BaselineNext => "next-baseline",
        Action::RangeNext => "next-range",
        Action::EditTime => "range",
        Action::ZoneNext => "next-zone",
        Action::LiveToggle => "live",
        Action::Refresh => "refresh",
        Action::GoTimeline => "timeline",
        Action::GoRequests => "requests",
        Action::GoFunctions => "functions",
        Action::GoStatements => "sql",
        Action::GoBoard(board) => board.title(),
        Action::GoMoment(moment) => moment_name(moment),
        Action::SeverityNext => "next-severity",
        Action::SeekDown(Severity::Error) => "next-error",
        Action::SeekDown(Severity::Warning | Severity::Fine) => "next-warning",
        Action::SeekUp(Severity::Error) => "previous-error",
        Action::SeekUp(Severity::Warning | Severity::Fine) => "previous-warning",
        Action::GoLeft => "left",
        Action::GoRight => "right",
        Action::Compare => "compare",
        Action::Icicle => "icicle",
        Action::Fold => "fold",
        Action::PictureNext => "next-picture",
        Action::SortNext => "sort",
        Action::SortPrevious => "sort-back",
        Action::EditColumns => "columns",
        Action::EditFilter => "filter",
        Action::ClearFilter => "clear-filter",
        Action::Show(tab) => tab_name(tab),
        Action::Help => "help",
        Action::Export => "export",
        Action::CommandLine => "command",
        Action::Palette => "palette",
        Action::MouseToggle => "mouse",
        Action::Navigate(navigate) => way(navigate),
        Action::Suspend => "suspend",
        Action::Quit => "quit",
    }
}

const fn way(navigate: Navigate) -> &'static str {
    match navigate {
        Navigate::CopyLink => "copy-link",
        Navigate::Back => "go-back",
        Navigate::Forward => "go-forward",
        Navigate::Keep => "bookmark",
        Navigate::Bookmarks => "jump",
        Navigate::Projects => "project",
    }
}

const fn moment_name(moment: Moment) -> &'static str {
    match moment {
        Moment::Earlier => "earlier-moment",
        Moment::Later => "later-moment",
        Moment::FarEarlier => "far-earlier-moment",
        Moment::FarLater => "far-later-moment",
        Moment::Worst => "worst-moment",
        Moment::Play => "play",
    }
}

const fn tab_name(tab: Tab) -> &'static str {
    match tab {
        Tab::Overview => "tab-waterfall",
        Tab::Profile => "tab-functions",
        Tab::Sql => "tab-sql",
        Tab::Locks => "tab-locks",
        Tab::Comparison => "tab-comparison",
        Tab::Metadata => "tab-metadata",
    }
}

/// What fingers type without asking: another word for an action's name.
pub fn nickname(word: &str) -> Option<&'static str> {
    Some(match word {
        "q" | "q!" | "qa" | "exit" => name(Action::Quit),
        "h" => name(Action::Help),
        "statements" => name(Action::GoStatements),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::keymap::BINDINGS;

    #[test]
    fn no_name_means_two_actions_and_each_is_one_word() {
        let mut named: BTreeMap<&str, Action> = BTreeMap::new();
        for binding in BINDINGS {
            let name = name(binding.action);
            assert!(!name.contains(char::is_whitespace), "{name:?}");
            assert!(nickname(name).is_none(), "{name:?} is a nickname, too");
            let other = *named.entry(name).or_insert(binding.action);
            assert_eq!(other, binding.action, "both are called {name:?}");
        }
    }
}
