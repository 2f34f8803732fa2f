//! Whose a session is, where one server serves several projects.
//!
//! A request's id says it, but only to the store, which knows the request. For all else there are rules over
//! what a session is called: its database, its user, its application.

use std::str::FromStr;

use wire::ids::Project;

/// Rules, the first that fits decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Projects(Vec<Rule>);

/// A project, and what its sessions are called; what is not said may be anything.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    project: Project,
    database: Option<String>,
    user: Option<String>,
    application: Option<String>,
}

/// Why a text is no list of rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProjectsError {
    #[error("a rule such as \"blog database=blog user=blog\" is allowed, got {0:?}")]
    Rule(String),
    #[error("database=, user= and application= are allowed in a rule, got {0:?}")]
    Field(String),
    #[error("{0}")]
    Project(#[from] wire::ids::NameError),
}

// === impl Projects ===

impl Projects {
    /// The project of a session that is called so, if a rule fits it.
    pub fn of(
        &self,
        database: Option<&str>,
        user: Option<&str>,
        application: Option<&str>,
    ) -> Option<&Project> {
        let fits = |wanted: &Option<String>, is: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| is == Some(wanted))
        };
        let rule = self.0.iter().find(|rule| {
            fits(&rule.database, database)
                && fits(&rule.user, user)
                && fits(&rule.application, application)
        });
        rule.map(|rule| &rule.project)
    }
}

impl FromStr for Projects {
    type Err = ProjectsError;

    /// `blog database=blog, crm database=crm user=crm`
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rules = text
            .split(',')
            .map(str::trim)
            .filter(|rule| !rule.is_empty());
        rules
            .map(Rule::from_str)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl FromStr for Rule {
    type Err = ProjectsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut words = text.split_ascii_whitespace();
        let wrong = || ProjectsError::Rule(text.to_owned());
        let mut rule = Self {
            project: Project::try_new(words.next().ok_or_else(wrong)?)?,
            database: None,
            user: None,
            application: None,
        };
        let mut has_any = false;
        for word in words {
            let (field, value) = word.split_once('=').ok_or_else(wrong)?;
            let place = match field {
                "database" => &mut rule.database,
                "user" => &mut rule.user,
                "application" => &mut rule.application,
                _ => return Err(ProjectsError::Field(field.to_owned())),
            };
            *place = Some(value.to_owned());
            has_any = true;
        }
        // Without a condition it would take everything.
        has_any.then_some(rule).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_fits_decides() {
        let projects: Projects = "blog database=blog, crm user=crm application=cron, all user=crm"
            .parse()
            .unwrap();
        let of = |database, user, application| {
            projects
                .of(Some(database), Some(user), application)
                .map(Project::as_str)
        };
        assert_eq!(of("blog", "shop", None), Some("blog"));
        assert_eq!(of("shop", "crm", Some("cron")), Some("crm"));
        assert_eq!(of("shop", "crm", Some("php")), Some("all"));
        assert_eq!(of("shop", "shop", None), None);
        assert_eq!(projects.of(None, None, None), None);
        assert_eq!(Projects::default().of(Some("blog"), None, None), None);
    }

    #[test]
    fn a_rule_that_is_none_says_what_is_allowed() {
        assert_eq!("".parse(), Ok(Projects::default()));
        for (text, told) in [
            ("blog", "a rule such as"),
            ("blog database", "a rule such as"),
            (
                "blog db=blog",
                "database=, user= and application= are allowed",
            ),
            ("bl/og database=blog", "is allowed"),
        ] {
            let error = text.parse::<Projects>().unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
