use super::{at, cause, launched, pass, ready, session, store_test, system, used, user};
use crate::{Actor, Error, Store, Which};
use carrel_model::{AuditAction, Ending, Event, Session, SessionId, State, Step, Usage};

/// Lets `events` happen one after the other, a second apart.
async fn happens(store: &Store, id: &SessionId, clock: &carrel_model::Clock, events: &[Event]) -> Session {
    let mut last = None;
    for event in events {
        last = store.happen(id, None, event, None, pass(clock, 1)).await.unwrap();
        assert!(last.is_some(), "{event:?} changes nothing");
    }
    last.unwrap()
}

async fn codes(store: &Store, id: &SessionId) -> Vec<String> {
    store.events_of(id, 0, 100).await.unwrap().into_iter().map(|event| event.code).collect()
}

store_test!(a_session_comes_back_as_it_was_put_in, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    let put = session(&ada, 1, clock.now());
    let actor = Actor::user(&ada, Some("192.0.2.1".into()));
    assert_eq!(store.session_insert(&put, None, &actor, clock.now()).await.unwrap(), put);
    assert_eq!(store.session(&put.id).await.unwrap(), Some(put.clone()));
    assert_eq!(store.session(&SessionId::from_random([9; 16])).await.unwrap(), None);
    let events = store.events_of(&put.id, 0, 10).await.unwrap();
    assert_eq!((events.len(), events[0].at, events[0].generation), (1, at(0), 1));
    assert_eq!((events[0].code.as_str(), events[0].who.as_deref()), ("accepted", Some("ada")));
    let entry = &store.audit_page(None, 1).await.unwrap()[0];
    assert_eq!((entry.action.as_str(), entry.target.as_deref()), ("session-launch", Some(put.id.as_str())));
    assert_eq!(entry.detail, put.name.as_str());
});

store_test!(a_session_that_cannot_be_put_in_leaves_no_trace, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    let put = launched(&store, &ada, 1, clock.now()).await;
    let (change, entries) = (store.change_now().await.unwrap(), store.audit_page(None, 10).await.unwrap().len());
    assert!(matches!(store.session_insert(&put, None, &system(), clock.now()).await, Err(Error::Database(_))));
    assert_eq!(store.events_of(&put.id, 0, 10).await.unwrap().len(), 1);
    assert_eq!(store.change_now().await.unwrap(), change);
    assert_eq!(store.audit_page(None, 10).await.unwrap().len(), entries);
});

store_test!(a_life_is_written_down_as_it_happens, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    let id = launched(&store, &ada, 1, clock.now()).await.id;
    let step = Event::Reached(Step::IdeAnswers, None);
    let running = happens(&store, &id, &clock, &[Event::Taken, step, ready(), used(at(30))]).await;
    assert_eq!(store.session(&id).await.unwrap(), Some(running.clone()));
    assert_eq!((running.version, running.started_at, running.last_active_at), (4, Some(at(3)), Some(at(30))));
    let actor = Actor::user(&ada, None);
    let by = Some((&actor, AuditAction::SessionSuspend));
    let suspending = store.happen(&id, Some(1), &Event::SuspendAsked, by, pass(&clock, 1)).await.unwrap().unwrap();
    assert_eq!(suspending.state, State::Suspending { since: at(5) });
    happens(&store, &id, &clock, &[Event::Ended(Ending::Asked), Event::StartAsked, Event::Taken]).await;
    let told = codes(&store, &id).await;
    assert_eq!(told, ["accepted", "taken", "step", "ready", "suspend", "suspended", "resume", "taken"]);
    let events = store.events_of(&id, 0, 100).await.unwrap();
    assert!(events.is_sorted_by_key(|event| event.seq));
    let who: Vec<Option<&str>> = events[4..6].iter().map(|event| event.who.as_deref()).collect();
    assert_eq!(who, [Some("ada"), None]);
    assert_eq!(events[7].generation, 2);
    assert_eq!(store.events_of(&id, events[5].seq, 1).await.unwrap(), events[6..7]);
    let entry = &store.audit_page(None, 1).await.unwrap()[0];
    assert_eq!((entry.action.as_str(), entry.actor.as_str()), ("session-suspend", "ada"));
});

store_test!(what_says_nothing_new_changes_nothing, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    let id = launched(&store, &ada, 1, clock.now()).await.id;
    happens(&store, &id, &clock, &[Event::Taken, ready()]).await;
    let (before, change) = (store.session(&id).await.unwrap(), store.change_now().await.unwrap());
    let by = (&system(), AuditAction::SessionResume);
    let stale = [
        store.happen(&id, None, &ready(), None, at(9)).await,
        store.happen(&id, None, &Event::StartAsked, Some(by), at(9)).await,
        store.happen(&id, Some(2), &Event::Missing, None, at(9)).await,
        store.happen(&SessionId::from_random([9; 16]), None, &Event::Missing, None, at(9)).await,
    ];
    assert!(stale.into_iter().all(|answer| answer.unwrap().is_none()));
    assert_eq!((store.session(&id).await.unwrap(), store.change_now().await.unwrap()), (before, change));
    assert_eq!(store.audit_page(None, 1).await.unwrap()[0].action, "session-launch");
});

store_test!(the_last_words_of_a_program_may_hold_any_character, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    let id = launched(&store, &ada, 1, clock.now()).await.id;
    let words = cause("died: \0 \u{1b}[31m “é” 🚀 \\u0000 '; DROP TABLE sessions; --");
    let failed = happens(&store, &id, &clock, &[Event::StartFailed(words)]).await;
    let kept = store.session(&id).await.unwrap().unwrap();
    let text = "died: \u{FFFD} \u{1b}[31m “é” 🚀 \\u0000 '; DROP TABLE sessions; --";
    assert_eq!(kept.state.cause().unwrap().text, text);
    assert_eq!(kept.state.since(), failed.state.since());
    assert_eq!(store.events_of(&id, 0, 10).await.unwrap()[1].text, text);
});

store_test!(of_many_who_resume_at_once_one_does, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    let id = launched(&store, &ada, 1, clock.now()).await.id;
    happens(&store, &id, &clock, &[Event::Taken, Event::SuspendAsked, Event::Missing]).await;
    let tasks = (0..20).map(|_| {
        let (store, id, actor) = (store.clone(), id.clone(), Actor::user(&ada, None));
        tokio::spawn(async move {
            let by = Some((&actor, AuditAction::SessionResume));
            store.happen(&id, None, &Event::StartAsked, by, at(9)).await.unwrap()
        })
    });
    let mut did = 0;
    for task in tasks.collect::<Vec<_>>() {
        did += u32::from(task.await.unwrap().is_some());
    }
    assert_eq!((did, store.session(&id).await.unwrap().unwrap().generation), (1, 2));
    assert_eq!(codes(&store, &id).await.iter().filter(|code| *code == "resume").count(), 1);
    let entries = store.audit_page(None, 100).await.unwrap();
    assert_eq!(entries.iter().filter(|entry| entry.action == "session-resume").count(), 1);
});

store_test!(twenty_writers_lose_no_change, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    let id = launched(&store, &ada, 1, clock.now()).await.id;
    let before = happens(&store, &id, &clock, &[Event::Taken, ready()]).await;
    let tasks = (0..20).map(|n| {
        let (store, id) = (store.clone(), id.clone());
        tokio::spawn(async move {
            let mut changed = 0;
            for m in 0..5 {
                let news = used(at(100 + n * 5 + m));
                changed += i64::from(store.happen(&id, Some(1), &news, None, at(99)).await.unwrap().is_some());
            }
            changed
        })
    });
    let mut changed = 0;
    for task in tasks.collect::<Vec<_>>() {
        changed += task.await.unwrap();
    }
    assert_eq!(changed, 100);
    assert_eq!(store.session(&id).await.unwrap().unwrap().version, before.version + 100);
});

store_test!(whoever_follows_changes_misses_none, |store, clock, fresh| {
    let (ada, eve) = (user(&store, "ada", 1, clock.now()).await, user(&store, "eve", 2, clock.now()).await);
    // Two servers write, and one that only reads follows.
    let others = [store.clone(), fresh.open().await];
    let mut writers = Vec::new();
    for byte in 1..=20_u8 {
        let (store, owner) = (others[usize::from(byte % 2)].clone(), if byte % 4 == 0 { &eve } else { &ada });
        let owner = owner.clone();
        writers.push(tokio::spawn(async move {
            let id = launched(&store, &owner, byte, at(0)).await.id;
            for event in [Event::Taken, ready(), Event::StopAsked { force: true }, Event::Missing] {
                store.happen(&id, None, &event, None, at(1)).await.unwrap().unwrap();
            }
        }));
    }
    let follower = fresh.open().await;
    let (mut seen, mut of_ada, mut cursors) =
        (std::collections::BTreeMap::new(), std::collections::BTreeMap::new(), (0, 0));
    let mut last_round = false;
    loop {
        for (change, session) in follower.all_sessions_changed(cursors.0).await.unwrap() {
            assert!(change > cursors.0, "{change} comes after {}", cursors.0);
            cursors.0 = change;
            seen.insert(session.id.clone(), session);
        }
        for (change, session) in follower.sessions_changed(&ada.id, cursors.1).await.unwrap() {
            assert_eq!(session.owner, ada.id);
            cursors.1 = change;
            of_ada.insert(session.id.clone(), session);
        }
        if last_round {
            break;
        }
        last_round = writers.iter().all(tokio::task::JoinHandle::is_finished);
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    // A change that was skipped would have left the follower with an older version.
    for (followed, count) in [(&seen, 20), (&of_ada, 15)] {
        assert_eq!(followed.len(), count);
        assert!(followed.values().all(|session| (session.version, session.state.name()) == (4, "Stopped")));
    }
    assert_eq!(cursors.0, store.change_now().await.unwrap());
    assert_eq!(store.change_now().await.unwrap(), 2 + 20 * 5);
    others[1].close().await;
    follower.close().await;
});

store_test!(lists_hold_the_right_sessions_in_the_right_order, |store, clock| {
    let (ada, eve) = (user(&store, "ada", 1, at(0)).await, user(&store, "eve", 2, at(0)).await);
    let mut ids = Vec::new();
    for byte in 1..=4 {
        ids.push(launched(&store, &ada, byte, pass(&clock, 1)).await.id);
    }
    let of_eve = launched(&store, &eve, 5, pass(&clock, 1)).await.id;
    for (id, second) in [(&ids[0], 10), (&ids[2], 20)] {
        store.happen(id, None, &Event::StopAsked { force: false }, None, at(second)).await.unwrap().unwrap();
    }
    let of = async |which| -> Vec<SessionId> {
        store.sessions_of(&ada.id, which).await.unwrap().into_iter().map(|s| s.id).collect()
    };
    assert_eq!(of(Which::Live).await, [ids[3].clone(), ids[1].clone()]);
    assert_eq!(of(Which::Stopped { since: at(0) }).await, [ids[2].clone(), ids[0].clone()]);
    assert_eq!(of(Which::Stopped { since: at(11) }).await, [ids[2].clone()]);
    let live: Vec<SessionId> = store.sessions_live().await.unwrap().into_iter().map(|s| s.id).collect();
    assert_eq!(live, [ids[1].clone(), ids[3].clone(), of_eve]);
});

store_test!(a_session_is_called_something_else, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    let put = launched(&store, &ada, 1, clock.now()).await;
    let (actor, name) = (Actor::user(&ada, None), "👩‍🔬 lab".parse().unwrap());
    let renamed = store.session_rename(&put.id, &name, &actor, pass(&clock, 1)).await.unwrap().unwrap();
    assert_eq!((renamed.name.clone(), renamed.version), (name.clone(), 1));
    assert_eq!(store.session(&put.id).await.unwrap(), Some(renamed.clone()));
    assert_eq!(codes(&store, &put.id).await, ["accepted", "rename"]);
    let change = store.change_now().await.unwrap();
    assert_eq!(store.session_rename(&put.id, &name, &actor, clock.now()).await.unwrap(), Some(renamed));
    assert_eq!(store.change_now().await.unwrap(), change);
    let nothing = SessionId::from_random([9; 16]);
    assert_eq!(store.session_rename(&nothing, &name, &actor, clock.now()).await.unwrap(), None);
});

store_test!(sessions_long_over_are_forgotten_with_all_that_was_theirs, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    let (old, new) = (launched(&store, &ada, 1, at(0)).await.id, launched(&store, &ada, 2, at(0)).await.id);
    let live = launched(&store, &ada, 3, at(0)).await.id;
    store.happen(&old, None, &Event::StopAsked { force: false }, None, at(10)).await.unwrap().unwrap();
    store.happen(&new, None, &Event::StopAsked { force: false }, None, at(20)).await.unwrap().unwrap();
    for id in [&old, &new] {
        store.usage_add(&[(id.clone(), 1, Usage::default())], at(5)).await.unwrap();
    }
    assert_eq!(store.sessions_forget(at(15)).await.unwrap(), 1);
    assert_eq!(store.session(&old).await.unwrap(), None);
    assert!(codes(&store, &old).await.is_empty());
    let use_left = store.usage_latest(&[old, new.clone()]).await.unwrap();
    assert_eq!(use_left.keys().collect::<Vec<_>>(), [&new]);
    assert!(store.session(&live).await.unwrap().is_some());
    assert_eq!(store.sessions_forget(at(15)).await.unwrap(), 0);
});

store_test!(of_many_launches_at_once_no_more_get_through_than_the_limit_allows, |store, clock| {
    let (ada, grace) = (user(&store, "ada", 1, clock.now()).await, user(&store, "grace", 2, clock.now()).await);
    launched(&store, &grace, 90, clock.now()).await;
    let mut launches = tokio::task::JoinSet::new();
    for byte in 10..22 {
        let (store, one, now) = (store.clone(), session(&ada, byte, clock.now()), clock.now());
        launches.spawn(async move { store.session_insert(&one, Some(3), &system(), now).await });
    }
    let answers = launches.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3);
    assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(|error| matches!(error, Error::TooMany)));
    assert_eq!(store.sessions_of(&ada.id, Which::Live).await.unwrap().len(), 3);
    assert_eq!(store.sessions_of(&grace.id, Which::Live).await.unwrap().len(), 1);
});

store_test!(a_session_that_is_started_again_with_another_size_keeps_it, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    let now = clock.now();
    let first = launched(&store, &ada, 1, now).await;
    let larger =
        carrel_model::Spec { memory_mb: 2 * first.spec.memory_mb, resource_profile: None, ..first.spec.clone() };
    let refused = store.session_resume(&first.id, 1, Some(&larger), None, &system(), now).await.unwrap();
    assert_eq!(refused, None, "it is about to start");
    assert_eq!(store.session(&first.id).await.unwrap().unwrap().spec, first.spec);
    for event in [Event::Taken, ready(), Event::SuspendAsked, Event::Missing] {
        store.happen(&first.id, None, &event, None, now).await.unwrap().unwrap();
    }
    let resumed = store.session_resume(&first.id, 1, Some(&larger), None, &system(), now).await.unwrap().unwrap();
    assert_eq!((&resumed.spec, resumed.generation), (&larger, 2));
    store.happen(&first.id, None, &Event::Taken, None, now).await.unwrap().unwrap();
    assert_eq!(store.session(&first.id).await.unwrap().unwrap().spec, larger);
});

store_test!(a_session_is_resumed_only_within_the_limit, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    let first = launched(&store, &ada, 1, clock.now()).await;
    let now = clock.now();
    for event in [Event::Taken, ready(), Event::SuspendAsked, Event::Missing] {
        store.happen(&first.id, None, &event, None, now).await.unwrap().unwrap();
    }
    // A suspended session holds no room, so another may take its place.
    store.session_insert(&session(&ada, 2, now), Some(1), &system(), now).await.unwrap();
    let refused = store.session_resume(&first.id, 1, None, Some(1), &system(), now).await;
    assert!(matches!(refused, Err(Error::TooMany)), "{refused:?}");
    assert_eq!(store.session(&first.id).await.unwrap().unwrap().state.name(), "Suspended");
    let resumed = store.session_resume(&first.id, 1, None, Some(2), &system(), now).await.unwrap().unwrap();
    assert_eq!((resumed.state.name(), resumed.generation), ("Queued", 2));
});
