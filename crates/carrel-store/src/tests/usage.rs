use super::{at, launched, pass, store_test, user};
use carrel_model::{SessionId, Usage};

fn id(byte: u8) -> SessionId {
    SessionId::from_random([byte; 16])
}

fn usage(cpus: f64, mb: u64, processes: u32) -> Usage {
    Usage { cpus, memory_bytes: mb << 20, processes }
}

store_test!(use_is_averaged_into_as_many_points_as_asked_for, |store, clock| {
    for n in 0..60_u32 {
        let sample = (id(1), 1, usage(f64::from(n % 2), u64::from(n), n));
        store.usage_add(&[sample, (id(2), 1, usage(9.0, 9, 9))], pass(&clock, 10)).await.unwrap();
    }
    let now = clock.now();
    let points = store.usage_of(&id(1), at(0), 6, now).await.unwrap();
    assert_eq!(points.len(), 6);
    assert!(points.iter().all(|point| (point.cpus - 0.5).abs() < 1e-9), "{points:?}");
    let processes: Vec<u32> = points.iter().map(|point| point.processes).collect();
    assert_eq!(processes, [9, 19, 29, 39, 49, 59]);
    assert_eq!(points[5].memory_bytes, 59 << 20);
    assert_eq!(points[5].at.as_second(), now.as_second());
    assert_eq!(store.usage_of(&id(1), at(0), 1000, now).await.unwrap().len(), 60);
    assert_eq!(store.usage_of(&id(1), at(570), 6, now).await.unwrap().len(), 3);
    assert_eq!(store.usage_of(&id(1), at(0), 0, now).await.unwrap().len(), 1);
    assert!(store.usage_of(&id(3), at(0), 6, now).await.unwrap().is_empty());
    for points in 1..70 {
        assert!(store.usage_of(&id(1), at(0), points, now).await.unwrap().len() <= points as usize);
    }
    let many = store.usage_of_many(&[id(1), id(2), id(3)], at(0), 6, now).await.unwrap();
    assert_eq!((many.len(), many[&id(1)].len(), many[&id(2)].len()), (2, 6, 6));
});

store_test!(the_latest_sample_of_each_session_is_given, |store, clock| {
    store.usage_add(&[(id(1), 1, usage(1.0, 1, 1)), (id(2), 1, usage(2.0, 2, 2))], clock.now()).await.unwrap();
    store.usage_add(&[(id(1), 2, usage(0.25, 4, 8))], pass(&clock, 10)).await.unwrap();
    let latest = store.usage_latest(&[id(1), id(2), id(3)]).await.unwrap();
    assert_eq!((latest.len(), latest[&id(1)].memory_bytes, latest[&id(2)].memory_bytes), (2, 4 << 20, 2 << 20));
    assert!((latest[&id(1)].cpus - 0.25).abs() < 1e-9);
    assert!(store.usage_latest(&[]).await.unwrap().is_empty());
    assert!(store.usage_of_many(&[], at(0), 1, clock.now()).await.unwrap().is_empty());
});

store_test!(a_sample_that_comes_twice_counts_once, |store, clock| {
    let sample = [(id(1), 1, usage(1.0, 1, 1))];
    store.usage_add(&sample, clock.now()).await.unwrap();
    store.usage_add(&sample, clock.now()).await.unwrap();
    store.usage_add(&[], clock.now()).await.unwrap();
    assert_eq!(store.usage_of(&id(1), at(-10), 100, at(10)).await.unwrap().len(), 1);
});

store_test!(samples_of_thousands_of_sessions_go_in_at_once, |store, clock| {
    let ids: Vec<SessionId> = (0..2500_u16)
        .map(|n| SessionId::from_random(std::array::from_fn(|i| (n >> (i % 3 * 5)).to_le_bytes()[0] % 32)))
        .collect();
    let samples: Vec<_> = ids.iter().map(|id| (id.clone(), 1, usage(1.0, 1, 1))).collect();
    store.usage_add(&samples, clock.now()).await.unwrap();
    let distinct: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!(store.usage_latest(&ids).await.unwrap().len(), distinct.len());
    assert!(distinct.len() > 1000);
});

store_test!(old_samples_are_forgotten, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    let session = launched(&store, &ada, 1, clock.now()).await;
    for _ in 0..3 {
        store.usage_add(&[(session.id.clone(), 1, usage(1.0, 1, 1))], pass(&clock, 10)).await.unwrap();
    }
    assert_eq!(store.usage_prune(at(30)).await.unwrap(), 2);
    assert_eq!(store.usage_of(&session.id, at(0), 10, clock.now()).await.unwrap().len(), 1);
});
