//! What a run's folder tells when its agent cannot be heard.

use crate::{
    folders::{Folders, Found},
    sweep::sweep,
};
use carrel_control::{Fate, Place};
use carrel_model::{Cause, Ending, RunId, Who};

/// The folder of one run.
#[derive(Debug)]
pub(crate) struct OfRun {
    pub(crate) folders: Folders,
    pub(crate) run: RunId,
}

impl Place for OfRun {
    async fn look(&self) -> Fate {
        match self.folders.look(&self.run) {
            Found::Alive => Fate::GoesOn,
            Found::Ended(end) => Fate::Ended(end.ending),
            Found::Nothing | Found::Unbegun => Fate::Forgotten,
            Found::Gone => {
                sweep(&self.run, &self.folders.of(&self.run), false).await;
                Fate::Ended(Ending::Failed { cause: gone() })
            }
        }
    }
}

fn gone() -> Cause {
    let text = "The agent of the session is gone: it was killed, or the machine was restarted. Saved files are safe.";
    Cause::new("agent-gone", text, Who::You)
}
