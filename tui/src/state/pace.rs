//! How a screen of a range goes along with the clock.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// It is of a time that doesn't move, such as a spike's.
    #[default]
    Still,
    /// While the console is live, it is asked for again.
    Follows,
    /// That was done: what is there is seen until what is newer has come.
    Renewing,
}

// === impl Pace ===

impl Pace {
    pub fn of(follows: bool) -> Self {
        if follows { Self::Follows } else { Self::Still }
    }

    pub fn follows(self) -> bool {
        self != Self::Still
    }

    pub fn is_renewing(self) -> bool {
        self == Self::Renewing
    }

    /// Another question was asked: what is there is no older answer to it.
    #[must_use]
    pub fn asked(self) -> Self {
        Self::of(self.follows())
    }
}
