//! Which records go.

use uuid::Uuid;

use crate::settings::Graylog;

/// The settings' choice of kinds, projects and samples.
#[derive(Debug)]
pub(crate) struct Filter<'s>(pub(crate) &'s Graylog);

// === impl Filter ===

impl Filter<'_> {
    /// Whether a record goes: always the same answer for the same one, however often it is sent.
    pub(crate) fn takes(&self, kind: &str, project: &str, event_id: Uuid) -> bool {
        let settings = self.0;
        let share = settings.sample_percent.get(kind);
        settings.kinds.has(kind)
            && settings.projects.has(project)
            && share.is_none_or(|share| percentile(event_id) < *share)
    }
}

/// A number below 100, evenly spread: the last bytes of an id are random in every version.
fn percentile(event_id: Uuid) -> u8 {
    let [.., a, b, c, d] = *event_id.as_bytes();
    u8::try_from(u32::from_be_bytes([a, b, c, d]) % 100).expect("below 100")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use daemon::settings::Reader;

    use super::*;
    use crate::settings::Store;

    fn settings(text: &str) -> Graylog {
        let text = format!("[graylog]\n{text}\n");
        let mut reader = Reader::from_text(Path::new("settings.ini"), &text);
        let settings = Store::read(&mut reader).graylog;
        reader.finish().unwrap();
        settings
    }

    #[test]
    fn a_sample_is_the_share_it_says_and_always_the_same() {
        let settings = settings("sample = \"traffic 10%\"");
        let filter = Filter(&settings);
        let ids: Vec<Uuid> = (0..10_000).map(|_| Uuid::new_v4()).collect();
        let taken = |kind: &str| -> Vec<&Uuid> {
            let taken = ids.iter().filter(|id| filter.takes(kind, "shop", **id));
            taken.collect()
        };
        assert!((800..1_200).contains(&taken("traffic").len()));
        assert_eq!(taken("traffic"), taken("traffic"));
        assert_eq!(taken("request").len(), ids.len());
    }

    #[test]
    fn kinds_and_projects_that_are_not_wanted_stay() {
        let settings = settings("kinds = \"-traffic\"\nprojects = \"shop\"");
        let takes = |kind, project| Filter(&settings).takes(kind, project, Uuid::nil());
        assert!(takes("request", "shop"));
        assert!(!takes("traffic", "shop"));
        assert!(!takes("request", "blog"));
    }
}
