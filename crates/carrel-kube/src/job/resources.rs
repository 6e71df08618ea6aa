//! Sizes, as Kubernetes counts them.

use carrel_model::{Container, Plan};
use k8s_openapi::{api::core::v1::ResourceRequirements, apimachinery::pkg::api::resource::Quantity};
use std::collections::BTreeMap;

/// What the session's container may use, and what is set aside for it. Memory is counted in megabytes of 1000 kilobytes, as
/// the original's template does (`M`), whatever `mem-mb` calls them.
pub(super) fn of(plan: &Plan, container: &Container) -> ResourceRequirements {
    let quantity = |name: &str, text: String| (name.to_owned(), Quantity(text));
    let gpus = container.gpus.iter().filter(|(_, count)| **count > 0);
    let gpus = gpus.map(|(name, count)| quantity(name, count.to_string()));
    let sized = |cpus: f64, memory_mb: u64| {
        BTreeMap::from([quantity("cpu", cpu(cpus)), quantity("memory", format!("{memory_mb}M"))])
    };
    let mut limits = sized(plan.cpus, plan.memory_mb);
    limits.extend(gpus);
    let requests =
        sized(container.cpu_request.unwrap_or(plan.cpus), container.memory_request_mb.unwrap_or(plan.memory_mb));
    ResourceRequirements { limits: Some(limits), requests: Some(requests), claims: None }
}

/// CPUs in thousandths, the finest that Kubernetes counts; whole ones without.
fn cpu(cpus: f64) -> String {
    let thousandths = (cpus * 1000.0).round().max(1.0);
    if thousandths % 1000.0 == 0.0 { format!("{}", thousandths / 1000.0) } else { format!("{thousandths}m") }
}

/// The same without what only the session's own container can use.
pub(super) fn without_devices(resources: &ResourceRequirements) -> ResourceRequirements {
    let plain = |all: &Option<BTreeMap<String, Quantity>>| {
        let all = all.iter().flatten().filter(|(name, _)| ["cpu", "memory"].contains(&name.as_str()));
        Some(all.map(|(name, amount)| (name.clone(), amount.clone())).collect())
    };
    ResourceRequirements { limits: plain(&resources.limits), requests: plain(&resources.requests), claims: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpus_are_written_as_kubernetes_writes_them() {
        let written = [1.0, 2.5, 0.1, 0.0004, 16.0, 1.0 / 3.0].map(cpu);
        assert_eq!(written, ["1", "2500m", "100m", "1m", "16", "333m"]);
    }
}
