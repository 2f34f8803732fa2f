//! The columns of the list of requests: which are shown, in which order, and which give way on a narrow screen.
//!
//! What a request is called stands behind them all, and takes the rest of the line. Where it has less than
//! [`REQUEST_COLUMNS_MIN`] left, columns are dropped until it has that much, in the order of [`DROPPED_FIRST`].

use crate::ask::Sort;

/// One of them. Each is shown once at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Began,
    Wall,
    Sql,
    Waited,
    Blocked,
    Memory,
    Host,
    Http,
    Client,
    Reason,
    Project,
    Id,
}

/// Those that are shown, in their order; one at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns(Vec<Column>);

/// With less room than this, one route looks like the other.
pub const REQUEST_COLUMNS_MIN: usize = 20;

/// Which column gives way first on a narrow screen, and which next: what tells least of why a request was slow.
pub const DROPPED_FIRST: [Column; 12] = [
    Column::Project,
    Column::Id,
    Column::Reason,
    Column::Client,
    Column::Host,
    Column::Memory,
    Column::Sql,
    Column::Http,
    Column::Blocked,
    Column::Waited,
    Column::Began,
    Column::Wall,
];

// === impl Column ===

impl Column {
    pub const ALL: [Self; 12] = [
        Self::Began,
        Self::Wall,
        Self::Sql,
        Self::Waited,
        Self::Blocked,
        Self::Memory,
        Self::Host,
        Self::Http,
        Self::Client,
        Self::Reason,
        Self::Project,
        Self::Id,
    ];

    /// As it is typed, and as links and settings have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Began => "began",
            Self::Wall => "wall",
            Self::Sql => "sql",
            Self::Waited => "waited",
            Self::Blocked => "blocked",
            Self::Memory => "memory",
            Self::Host => "host",
            Self::Http => "http",
            Self::Client => "client",
            Self::Reason => "reason",
            Self::Project => "project",
            Self::Id => "id",
        }
    }

    /// What stands above it.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Sql => "sql in queries",
            column => column.name(),
        }
    }

    /// How wide it is, with the blank before or behind it.
    pub fn columns(self) -> usize {
        match self {
            Self::Began | Self::Wall | Self::Waited | Self::Blocked => 9,
            // `59.99 s in 9,999`; the longest IPv4 address, of longer ones the end is shown.
            Self::Sql | Self::Client => 17,
            Self::Memory | Self::Reason => 11,
            Self::Host => 12,
            Self::Http => 5,
            Self::Project => 14,
            Self::Id => 39,
        }
    }

    /// The order that it is the figure of.
    pub fn sort(self) -> Option<Sort> {
        Some(match self {
            Self::Began => Sort::At,
            Self::Wall => Sort::Wall,
            Self::Sql => Sort::Sql,
            Self::Waited => Sort::Lock,
            Self::Blocked => Sort::Blocked,
            Self::Memory => Sort::Memory,
            _ => return None,
        })
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }
}

// === impl Columns ===

impl Columns {
    /// Reads names with commas or blanks between them.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut columns = Vec::new();
        let words = text.split([',', ' ']).map(str::trim);
        for name in words.filter(|word| !word.is_empty()) {
            let column = Column::named(name).ok_or_else(|| {
                let names = Column::ALL.map(Column::name).join(", ");
                format!("{name:?} is no column; {names} are")
            })?;
            if columns.contains(&column) {
                return Err(format!("{name} stands twice"));
            }
            columns.push(column);
        }
        if columns.is_empty() {
            return Err(format!(
                "one column at least: {}",
                Column::ALL.map(Column::name).join(", ")
            ));
        }
        Ok(Self(columns))
    }

    /// Their names with commas between them.
    pub fn write(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|column| column.name()).collect();
        names.join(",")
    }

    pub fn contains(&self, column: Column) -> bool {
        self.0.contains(&column)
    }

    /// Those that have room in so many columns.
    pub fn fitting(&self, columns: usize) -> Vec<Column> {
        let mut shown = self.0.clone();
        let used = |shown: &[Column]| -> usize { shown.iter().map(|it| it.columns()).sum() };
        for dropped in DROPPED_FIRST {
            // The mark of the selected line, and the blank before the request.
            if used(&shown) + 2 + REQUEST_COLUMNS_MIN <= columns {
                break;
            }
            shown.retain(|column| *column != dropped);
        }
        shown
    }
}

impl Default for Columns {
    fn default() -> Self {
        Self(vec![
            Column::Began,
            Column::Wall,
            Column::Sql,
            Column::Waited,
            Column::Blocked,
            Column::Memory,
            Column::Host,
            Column::Http,
        ])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_read_in_their_order_and_what_is_none_is_told() {
        let read = |text: &str| Columns::read(text).map(|columns| columns.write());
        assert_eq!(
            read("wall, client began").as_deref(),
            Ok("wall,client,began")
        );
        let default = Columns::default();
        assert_eq!(Columns::read(&default.write()), Ok(default));
        let told = |text: &str| read(text).expect_err("it is none");
        assert!(told("wall,cpu").starts_with("\"cpu\" is no column; began, wall, sql,"));
        assert_eq!(told("wall,wall"), "wall stands twice");
        assert!(told(" , ").starts_with("one column at least: began,"));
    }

    #[test]
    fn narrow_screens_drop_what_tells_least_first() {
        let names = |columns: usize| {
            let fitting = Columns::default().fitting(columns);
            fitting
                .into_iter()
                .map(Column::name)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(names(120), "began wall sql waited blocked memory host http");
        assert_eq!(names(100), "began wall sql waited blocked memory http");
        assert_eq!(names(80), "began wall sql waited blocked http");
        assert_eq!(names(60), "began wall waited blocked");
        assert_eq!(names(1), "");
    }

    proptest! {
        #[test]
        fn the_request_has_its_room_and_the_order_stays(
            chosen in proptest::sample::subsequence(Column::ALL.to_vec(), 1..=12).prop_shuffle(),
            columns in 60usize..300,
        ) {
            let fitting = Columns(chosen.clone()).fitting(columns);
            let used: usize = fitting.iter().map(|column| column.columns()).sum();
            prop_assert!(used + 2 + REQUEST_COLUMNS_MIN <= columns);
            let kept: Vec<Column> =
                chosen.into_iter().filter(|column| fitting.contains(column)).collect();
            prop_assert_eq!(fitting, kept);
        }

        #[test]
        fn every_column_has_its_place_among_those_that_give_way(index in 0usize..12) {
            prop_assert!(DROPPED_FIRST.contains(&Column::ALL[index]));
        }
    }
}
