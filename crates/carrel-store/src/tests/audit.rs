use super::{at, launched, pass, store_test, system, user};
use crate::{
    Actor, Chain, Store,
    db::{maybe, on, run},
};
use carrel_model::{AuditAction, Event};

async fn entries(store: &Store, count: i64) {
    for n in 0..count {
        store.audit(&system(), AuditAction::SessionKeep, None, &format!("entry {n}"), at(n)).await.unwrap();
    }
}

store_test!(entries_are_read_newest_first_and_page_by_page, |store, clock| {
    entries(&store, 5).await;
    let ada = user(&store, "ada", 1, pass(&clock, 60)).await;
    let actor = Actor::user(&ada, Some("192.0.2.1".into()));
    store.audit(&actor, AuditAction::SessionKeep, Some("target"), "detail", clock.now()).await.unwrap();
    let page = store.audit_page(None, 3).await.unwrap();
    assert_eq!(page.iter().map(|e| e.seq).collect::<Vec<_>>(), [7, 6, 5]);
    assert_eq!((page[0].actor.as_str(), page[0].actor_id.as_deref()), ("ada", Some(ada.id.as_str())));
    assert_eq!((page[0].address.as_deref(), page[0].target.as_deref()), (Some("192.0.2.1"), Some("target")));
    assert_eq!((page[0].action.as_str(), page[0].detail.as_str(), page[0].at), ("session-keep", "detail", at(60)));
    assert_eq!((page[2].actor.as_str(), page[2].actor_id.as_deref(), page[2].address.as_deref()), ("test", None, None));
    let rest = store.audit_page(Some(5), 10).await.unwrap();
    assert_eq!(rest.iter().map(|e| e.seq).collect::<Vec<_>>(), [4, 3, 2, 1]);
});

store_test!(a_log_that_nobody_touched_is_intact, |store, clock| {
    assert_eq!(store.audit_check().await.unwrap(), Chain::Intact { entries: 0 });
    let ada = user(&store, "ada", 1, clock.now()).await;
    let session = launched(&store, &ada, 1, clock.now()).await;
    let actor = Actor::user(&ada, None);
    let by = Some((&actor, AuditAction::SessionQuit));
    store.happen(&session.id, None, &Event::StopAsked { force: false }, by, clock.now()).await.unwrap().unwrap();
    assert_eq!(store.audit_check().await.unwrap(), Chain::Intact { entries: 3 });
    entries(&store, 2100).await;
    assert_eq!(store.audit_check().await.unwrap(), Chain::Intact { entries: 2103 });
});

store_test!(entries_of_many_writers_are_one_chain, |store, clock| {
    let writers = (0..20).map(|_| {
        tokio::spawn({
            let store = store.clone();
            async move { entries(&store, 5).await }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert_eq!(clock.now(), at(0));
    assert_eq!(store.audit_check().await.unwrap(), Chain::Intact { entries: 100 });
});

/// Does `$sql` to a log of five entries; the first that is found to be wrong.
macro_rules! tampered {
    ($store:expr, $sql:literal) => {{
        run!($store.pool(), "DELETE FROM audit").unwrap();
        run!($store.pool(), "UPDATE turn SET audit_seq = 0, audit_hash = $1", b"".as_slice()).unwrap();
        entries(&$store, 5).await;
        on!($store.pool(), c => sqlx::raw_sql($sql).execute(c).await.map(drop)).unwrap();
        $store.audit_check().await.unwrap()
    }};
}

store_test!(an_entry_that_is_changed_taken_out_or_cut_off_is_found, |store, clock| {
    assert_eq!(clock.now(), at(0));
    let broken = |seq| Chain::BrokenAt { seq };
    assert_eq!(tampered!(store, "UPDATE audit SET detail = 'nothing' WHERE seq = 3"), broken(3));
    assert_eq!(tampered!(store, "UPDATE audit SET actor = 'eve' WHERE seq = 1"), broken(1));
    assert_eq!(tampered!(store, "UPDATE audit SET actor_id = 'eve' WHERE seq = 2"), broken(2));
    assert_eq!(tampered!(store, "UPDATE audit SET target = '' WHERE seq = 2"), broken(2));
    assert_eq!(tampered!(store, "UPDATE audit SET address = 'x' WHERE seq = 2"), broken(2));
    assert_eq!(tampered!(store, "UPDATE audit SET action = 'sign-in' WHERE seq = 5"), broken(5));
    assert_eq!(tampered!(store, "UPDATE audit SET at = (SELECT at FROM audit WHERE seq = 1) WHERE seq = 4"), broken(4));
    assert_eq!(tampered!(store, "DELETE FROM audit WHERE seq = 2"), broken(2));
    assert_eq!(tampered!(store, "DELETE FROM audit WHERE seq >= 4"), broken(4));
    assert_eq!(tampered!(store, "DELETE FROM audit WHERE seq = 1; UPDATE audit SET seq = seq - 1"), broken(1));
    assert_eq!(
        tampered!(store, "UPDATE audit SET hash = (SELECT hash FROM audit WHERE seq = 4) WHERE seq = 5"),
        broken(5)
    );
    assert_eq!(tampered!(store, "SELECT 1"), Chain::Intact { entries: 5 });
});

store_test!(a_last_entry_that_is_written_anew_is_found, |store, clock| {
    entries(&store, 2).await;
    let head = "SELECT audit_hash FROM turn";
    let (written,) = maybe!((Vec<u8>,), store.pool(), head).unwrap().unwrap();
    run!(store.pool(), "DELETE FROM audit WHERE seq = 2").unwrap();
    run!(store.pool(), "UPDATE turn SET audit_seq = 1, audit_hash = (SELECT hash FROM audit WHERE seq = 1)").unwrap();
    store.audit(&system(), AuditAction::SignIn, None, "another", clock.now()).await.unwrap();
    assert_eq!(store.audit_check().await.unwrap(), Chain::Intact { entries: 2 });
    run!(store.pool(), "UPDATE turn SET audit_hash = $1", written.as_slice()).unwrap();
    assert_eq!(store.audit_check().await.unwrap(), Chain::BrokenAt { seq: 2 });
});
