//! Reads the stacks of a range's slowest requests.

use wire::profile::Profile;
use wire::query::{RequestDetail, Requests};

use super::Client;
use crate::ask::stacks::Stacks;
use crate::ask::{Ask, Trouble};

/// What a profile of whole stacks is called on the wire.
const SHAPE: &str = "stacks";

// === impl Client ===

impl Client {
    /// Lists the requests that the question is of, and reads one after the other, so that the store has one
    /// question of this console at a time.
    pub(super) async fn stacks(&self, ask: &Ask) -> Result<Stacks, Trouble> {
        let page: Requests = self.question(&ask.path(), &ask.parameters()).await?;
        let mut stacks = Stacks {
            matching: page.total,
            ..Stacks::default()
        };
        for row in page.requests {
            let path = format!("/v1/requests/{}", row.correlation_id);
            match self.question::<RequestDetail>(&path, &[]).await {
                Ok(detail) => {
                    stacks.read += 1;
                    let profile = detail.request.profile;
                    stacks.profiles.extend(profile.filter(is_sampled));
                }
                // Retention may have taken it meanwhile, and a bundle has not all of them.
                Err(trouble) if trouble.is_not_found() => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(stacks)
    }
}

fn is_sampled(profile: &Profile) -> bool {
    profile.shape == SHAPE
}
