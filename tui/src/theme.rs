//! Colours and glyphs, by what the terminal can show.
//!
//! Views name a [`Role`], never a colour. Colour is never the only signal: whatever has one also
//! has a glyph, a word or a mark of its own, so that `NO_COLOR`, sixteen colours and a colour-blind
//! eye lose nothing. The true colours are Okabe and Ito's, which stay apart for all eyes. A locale
//! without UTF-8 gets ASCII, cell by cell, at the very end of drawing.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    pub palette: Palette,
    pub is_ascii: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    Mono,
    Sixteen,
    True,
}

/// What a piece of the screen means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Text,
    /// Labels, rules, what matters less.
    Dim,
    Title,
    /// The line that the keys act on.
    Selected,
    /// The same in a list that the keys do not move in.
    SelectedElsewhere,
    Key,
    /// A spike, something unusual.
    Mark,
    Warn,
    /// The header over a project that is in production.
    Production,
    Cpu,
    Io,
    Lock,
    Other,
    /// A limit such as the number of cores.
    Limit,
    /// How many there are of something, from 0 (few) to 3 (many): brightness rises with it for every eye.
    Heat(u8),
}

// === impl Theme ===

impl Theme {
    /// Chooses by the environment, read through `variable`.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let given = |name| variable(name).filter(|value| !value.is_empty());
        let depth = given("COLORTERM").unwrap_or_default();
        let terminal = given("TERM").unwrap_or_default();
        let palette = if given("NO_COLOR").is_some() || terminal == "dumb" {
            Palette::Mono
        } else if matches!(&*depth, "truecolor" | "24bit") || terminal.ends_with("-direct") {
            Palette::True
        } else {
            Palette::Sixteen
        };
        // The same order in which the C library looks.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(given);
        let locale = locale.unwrap_or_default().to_ascii_lowercase();
        Self {
            palette,
            is_ascii: !(locale.contains("utf-8") || locale.contains("utf8")),
        }
    }

    pub fn style(self, role: Role) -> Style {
        let plain = Style::new();
        let modified = match role {
            Role::Text | Role::Cpu | Role::Io | Role::Lock | Role::Other | Role::Heat(1 | 2) => {
                plain
            }
            Role::Dim | Role::Limit | Role::Heat(0) => plain.add_modifier(Modifier::DIM),
            Role::Title | Role::Key | Role::Mark | Role::Warn | Role::Heat(_) => {
                plain.add_modifier(Modifier::BOLD)
            }
            // Over whatever colours the line has, or its parts would be of different brightness.
            Role::Selected => {
                let modifiers = Modifier::REVERSED | Modifier::BOLD;
                let plain = plain.remove_modifier(Modifier::DIM);
                return plain.fg(Color::Reset).add_modifier(modifiers);
            }
            Role::Production => return self.production(),
            Role::SelectedElsewhere => return plain.add_modifier(Modifier::UNDERLINED),
        };
        match self.palette {
            Palette::Mono => modified,
            Palette::Sixteen => colour(role, SIXTEEN).map_or(modified, |colour| {
                // Many terminals draw dim grey on black unreadably dark.
                modified.remove_modifier(Modifier::DIM).fg(colour)
            }),
            Palette::True => colour(role, TRUE).map_or(modified, |colour| {
                modified.remove_modifier(Modifier::DIM).fg(colour)
            }),
        }
    }

    /// White on red, or reversed. A word says it as well.
    fn production(self) -> Style {
        let plain = Style::new().add_modifier(Modifier::BOLD);
        match self.palette {
            Palette::Mono => plain.add_modifier(Modifier::REVERSED),
            Palette::Sixteen => plain.fg(Color::White).bg(Color::Red),
            Palette::True => plain
                .fg(Color::Rgb(255, 255, 255))
                .bg(Color::Rgb(170, 0, 0)),
        }
    }

    /// Replaces what an ASCII terminal can't show.
    pub fn finish(self, buffer: &mut Buffer) {
        if !self.is_ascii {
            return;
        }
        for cell in &mut buffer.content {
            if !cell.symbol().is_ascii() {
                let letter = cell.symbol().chars().next().map_or(' ', ascii);
                cell.set_char(letter);
            }
        }
    }
}

/// The colours of the roles that have one.
#[derive(Clone, Copy)]
struct Colours {
    key: Color,
    mark: Color,
    warn: Color,
    cpu: Color,
    io: Color,
    lock: Color,
    other: Color,
    dim: Color,
    heat: [Color; 4],
}

const SIXTEEN: Colours = Colours {
    key: Color::Cyan,
    mark: Color::LightYellow,
    warn: Color::LightYellow,
    cpu: Color::LightBlue,
    io: Color::LightGreen,
    lock: Color::LightRed,
    other: Color::Gray,
    dim: Color::Gray,
    heat: [
        Color::LightBlue,
        Color::LightCyan,
        Color::LightGreen,
        Color::LightYellow,
    ],
};

const TRUE: Colours = Colours {
    key: Color::Rgb(86, 180, 233),
    mark: Color::Rgb(230, 159, 0),
    warn: Color::Rgb(240, 228, 66),
    cpu: Color::Rgb(86, 180, 233),
    io: Color::Rgb(0, 158, 115),
    lock: Color::Rgb(213, 94, 0),
    other: Color::Rgb(204, 121, 167),
    // The grey (138) of the 256 colours, which each terminal with true colours has, too: it changes several times a
    // line, and is half as long.
    dim: Color::Indexed(245),
    // Of viridis, its dark end left out.
    heat: [
        Color::Rgb(70, 104, 160),
        Color::Rgb(33, 145, 140),
        Color::Rgb(94, 201, 98),
        Color::Rgb(253, 231, 37),
    ],
};

fn colour(role: Role, colours: Colours) -> Option<Color> {
    Some(match role {
        Role::Text | Role::Title | Role::Selected | Role::SelectedElsewhere | Role::Production => {
            return None;
        }
        Role::Dim | Role::Limit => colours.dim,
        Role::Key => colours.key,
        Role::Mark => colours.mark,
        Role::Warn => colours.warn,
        Role::Cpu => colours.cpu,
        Role::Io => colours.io,
        Role::Lock => colours.lock,
        Role::Other => colours.other,
        Role::Heat(level) => colours.heat[usize::from(level).min(3)],
    })
}

/// The nearest ASCII letter of the glyphs that the console draws; `?` for all others.
pub fn ascii(glyph: char) -> char {
    match glyph {
        '\0'..='\x7f' => glyph,
        '─' | '–' | '—' | '·' | '═' | '▏' => '-',
        '▁' => '_',
        '│' | '├' | '▕' => '|',
        '└' | '┌' | '┐' | '┘' | '┬' | '┴' | '┤' | '┼' => '+',
        '▂' | '▃' | '┈' => '.',
        '▄' | '▅' | '○' => 'o',
        '▆' | '▇' => 'O',
        '█' => '#',
        '▓' => '%',
        '▒' => '=',
        '░' => ':',
        '▲' => '^',
        '▸' | '→' => '>',
        '▾' => 'v',
        '●' | '★' => '*',
        '×' | '†' => 'x',
        'µ' => 'u',
        '≈' | '…' | '±' => '~',
        '⚠' => '!',
        '“' | '”' => '"',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theme(variables: &[(&str, &str)]) -> Theme {
        Theme::from_environment(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_decides_colours_and_glyphs() {
        let utf8 = ("LANG", "en_GB.UTF-8");
        assert_eq!(theme(&[utf8]).palette, Palette::Sixteen);
        assert_eq!(
            theme(&[utf8, ("COLORTERM", "truecolor")]).palette,
            Palette::True
        );
        let mono = theme(&[("NO_COLOR", "1"), ("COLORTERM", "truecolor")]);
        assert_eq!(mono.palette, Palette::Mono);
        assert!(!theme(&[utf8]).is_ascii);
        assert!(theme(&[utf8, ("LC_ALL", "C")]).is_ascii);
        assert!(theme(&[]).is_ascii);
    }

    #[test]
    fn classes_of_load_differ_in_every_palette_that_has_colours() {
        for palette in [Palette::Sixteen, Palette::True] {
            let theme = Theme {
                palette,
                is_ascii: false,
            };
            let roles = [Role::Cpu, Role::Io, Role::Lock, Role::Other];
            for (index, role) in roles.iter().enumerate() {
                for other in &roles[index + 1..] {
                    assert_ne!(
                        theme.style(*role).fg,
                        theme.style(*other).fg,
                        "{role:?} {other:?}"
                    );
                }
            }
        }
    }
}
