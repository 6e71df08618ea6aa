use super::{at, store_test};
use std::time::Duration;

const TTL: Duration = Duration::from_secs(10);

store_test!(a_lease_has_one_holder_until_it_runs_out, |store, clock| {
    let claim = async |holder, second| store.lease_claim("supervisor", holder, TTL, at(second)).await.unwrap();
    assert_eq!(clock.now(), at(0));
    assert!(claim("a", 0).await);
    assert!(!claim("b", 1).await);
    assert!(claim("a", 8).await, "its holder renews it");
    assert!(!claim("b", 18).await, "it ends after its time, not at it");
    assert!(claim("b", 19).await, "another takes it over");
    assert!(!claim("a", 20).await, "who had it has lost it");
    assert!(store.lease_claim("chores", "a", TTL, at(20)).await.unwrap(), "leases are apart");
});

store_test!(a_lease_given_back_is_free_at_once, |store, clock| {
    let now = clock.now();
    assert!(store.lease_claim("supervisor", "a", TTL, now).await.unwrap());
    store.lease_release("supervisor", "b").await.unwrap();
    assert!(!store.lease_claim("supervisor", "b", TTL, now).await.unwrap());
    store.lease_release("supervisor", "a").await.unwrap();
    assert!(store.lease_claim("supervisor", "b", TTL, now).await.unwrap());
});

store_test!(of_many_who_claim_at_once_one_gets_it, |store, clock| {
    let claims = (0..20).map(|n| {
        let (store, now) = (store.clone(), clock.now());
        tokio::spawn(async move { store.lease_claim("supervisor", &format!("replica {n}"), TTL, now).await.unwrap() })
    });
    let mut holders = 0;
    for claim in claims.collect::<Vec<_>>() {
        holders += u32::from(claim.await.unwrap());
    }
    assert_eq!(holders, 1);
});
