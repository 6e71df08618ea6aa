//! Which IDEs there are, by the settings in force.

use super::Sessions;
use crate::catalogue::{Catalogue, Offer};
use carrel_config::{ClusterKind, Settings};
use std::sync::Arc;

/// What was found of the IDEs, and by which settings it was looked for.
pub(super) struct Offers {
    by: Arc<Settings>,
    list: Arc<Vec<Offer>>,
}

impl Offers {
    /// What is there by these settings, without running anything.
    pub(super) fn located(catalogue: &Catalogue, by: Arc<Settings>) -> Self {
        let list = Arc::new(located(catalogue, &by));
        Self { by, list }
    }
}

/// What is there, without running anything.
fn located(catalogue: &Catalogue, by: &Settings) -> Vec<Offer> {
    match by.cluster.kind {
        ClusterKind::Local => catalogue.locate(&by.ide_path, &by.ides),
        ClusterKind::Kubernetes => catalogue.in_images(&by.ides),
    }
}

impl Sessions {
    /// The IDEs of the catalogue, with what was found of each. Other settings than those of the last look are followed at
    /// once; whether what they name runs is seen by the next look.
    pub fn offers(&self) -> Arc<Vec<Offer>> {
        let (by, known) = (self.settings.now(), self.offers.load());
        if Arc::ptr_eq(&by, &known.by) {
            return known.list.clone();
        }
        let mut list = located(&self.catalogue, &by);
        for offer in &mut list {
            let before = known.list.iter().find(|before| before.id == offer.id);
            let is_same = |before: &&Offer| match (&before.available, &offer.available) {
                (Ok(before), Ok(now)) => before.programs == now.programs,
                _ => false,
            };
            if let Some(before) = before.filter(is_same) {
                *offer = before.clone();
            }
        }
        let list = Arc::new(list);
        self.offers.store(Arc::new(Offers { by, list: list.clone() }));
        list
    }

    /// Looks again which IDEs are there.
    pub async fn look_again(&self) {
        let (catalogue, by) = (self.catalogue.clone(), self.settings.now());
        let settings = by.clone();
        let look = move || match settings.cluster.kind {
            ClusterKind::Local => catalogue.detect(&settings.ide_path, &settings.ides),
            ClusterKind::Kubernetes => catalogue.in_images(&settings.ides),
        };
        if let Ok(list) = tokio::task::spawn_blocking(look).await {
            self.offers.store(Arc::new(Offers { by, list: Arc::new(list) }));
        }
    }
}
