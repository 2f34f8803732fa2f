//! Whose data is looked at: the picker of projects, and going over to another one.

use wire::ids::Project;
use wire::query::{ProjectSeen, Projects};

use super::cursor::Cursor;
use super::prompt::{Prompt, Purpose};
use super::slot::{Generation, Slot};
use super::{Above, State};
use crate::action::Effect;
use crate::ask::Ask;
use crate::fetch::Topic;
use crate::typed::Fault;

/// What `:project` calls all of them.
pub const ALL: &str = "all";

/// One line of the picker.
#[derive(Clone, Debug, PartialEq)]
pub struct Pick {
    /// None is all of them.
    pub project: Option<Project>,
    /// What the store told of it, once it has.
    pub seen: Option<ProjectSeen>,
}

// === impl State ===

impl State {
    /// Opens the picker, with what is known of them; the rest is asked for.
    pub(super) fn pick_project(&mut self, effects: &mut Vec<Effect>) {
        let names = self.project_names();
        let at = names
            .iter()
            .position(|name| Some(name) == self.project.as_ref());
        let mut cursor = Cursor::default();
        // All of them stand first.
        cursor.to(at.map_or(0, |at| at + 1), names.len() + 1);
        self.prompt = Some(Prompt::new(Purpose::Project { cursor }, ""));
        let now = self.clock_at_us;
        let job = self
            .projects
            .want(Ask::Projects, &mut self.generations, now);
        effects.extend(job.map(Effect::Ask));
    }

    /// Those that the store knows, by their names.
    pub fn project_names(&self) -> Vec<Project> {
        let told = self.projects.latest();
        let told = told.iter().flat_map(|it| &it.value.projects);
        let mut names: Vec<Project> = told.map(|seen| seen.project.clone()).collect();
        if names.is_empty() {
            let overview = self.overview.latest();
            names.extend(overview.iter().flat_map(|it| it.value.projects.clone()));
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What the letters that were typed fit, the best first.
    pub fn picks(&self) -> Vec<Pick> {
        let Some(prompt) = &self.prompt else {
            return Vec::new();
        };
        let wanted = prompt.line.text();
        let told = self.projects.latest().map(|it| &it.value.projects);
        let names = std::iter::once(None).chain(self.project_names().into_iter().map(Some));
        let mut found: Vec<(u32, Pick)> = names
            .filter_map(|project| {
                let name = project.as_ref().map_or("all projects", Project::as_str);
                let score = crate::fuzzy::score(wanted, name)?;
                let seen = told.and_then(|told| {
                    let mut told = told.iter();
                    told.find(|seen| Some(&seen.project) == project.as_ref())
                });
                let seen = seen.cloned();
                Some((score, Pick { project, seen }))
            })
            .collect();
        // Stable: equals stay in the order of their names.
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.into_iter().map(|(_, pick)| pick).collect()
    }

    pub(super) fn enter_pick(&mut self, effects: &mut Vec<Effect>) {
        let picks = self.picks();
        let Some(prompt) = &mut self.prompt else {
            return;
        };
        let Purpose::Project { cursor } = prompt.purpose else {
            return;
        };
        match picks.into_iter().nth(cursor.selected) {
            Some(pick) => {
                self.prompt = None;
                self.look_at_project(pick.project, effects);
            }
            None => {
                prompt.fault = Some(Fault {
                    column: 0,
                    words: "the store has no such project".to_owned(),
                });
            }
        }
    }

    /// `:project shop`, or all of them.
    pub(super) fn name_project(
        &mut self,
        name: &str,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Fault> {
        let names = self.project_names();
        let known = names.iter().find(|known| known.as_str() == name);
        let project = match known {
            Some(known) => Some(known.clone()),
            None if name == ALL => None,
            None => {
                let mut words: Vec<&str> = names.iter().map(Project::as_str).collect();
                words.push(ALL);
                return Err(Fault {
                    column: 0,
                    words: format!("there is no project {name:?}; {} is", words.join(", ")),
                });
            }
        };
        self.look_at_project(project, effects);
        Ok(())
    }

    /// From now on all is of this project. The time stays, and what is in front if it is a list.
    pub(super) fn look_at_project(&mut self, project: Option<Project>, effects: &mut Vec<Effect>) {
        self.notice = Some(match &project {
            Some(project) => format!("only project {project} is shown"),
            None => "all projects are shown".to_owned(),
        });
        if self.project == project {
            return;
        }
        self.project = project;
        let timeline = &mut self.timeline;
        // Another project has other spikes: its newest one is selected when they come.
        timeline.selected = None;
        timeline.suspect_cursor = Cursor::default();
        timeline.suspects = Slot::new(Topic::Suspects);
        self.keep_front_list();
        self.ask_spikes(effects);
        self.ask_chart(effects);
        self.ask_suspects(effects);
        self.refresh_front_list(effects);
    }

    /// What lies below the front, and what is about one request, is of the project before.
    fn keep_front_list(&mut self) {
        let front = self.above.pop();
        self.above.clear();
        match front {
            Some(Above::Requests(mut screen)) => {
                (screen.route, screen.fingerprint) = (None, None);
                screen.cursor = Cursor::default();
                self.above.push(Above::Requests(screen));
            }
            Some(Above::Functions(mut screen)) => {
                screen.subject.route = None;
                self.above.push(Above::Functions(screen));
            }
            Some(Above::Statements(mut screen)) => {
                screen.subject.route = None;
                self.above.push(Above::Statements(screen));
            }
            Some(board @ Above::Board(_)) => self.above.push(board),
            Some(Above::Request(_) | Above::Statement(_)) | None => {}
        }
    }

    fn refresh_front_list(&mut self, effects: &mut Vec<Effect>) {
        self.ask_requests(effects);
        self.ask_profiles(effects);
        self.ask_board(effects);
    }

    /// Whether what is looked at is meant to be treated with respect: the settings say which projects are.
    pub fn is_production(&self) -> bool {
        let is_named = |project: &Project| self.start.production.contains(project);
        if let Some(project) = &self.project {
            return is_named(project);
        }
        // Of a store that has nothing else.
        let names = self.project_names();
        !names.is_empty() && names.iter().all(is_named)
    }

    pub(super) fn take_projects(
        &mut self,
        generation: Generation,
        answer: Projects,
        effects: &mut Vec<Effect>,
    ) -> bool {
        if !self.projects.is_waiting_for(generation) {
            return false;
        }
        self.projects.accept(answer, self.clock_at_us);
        effects.push(Effect::Draw);
        true
    }
}

#[cfg(test)]
mod tests;
