use super::{Engine, Fresh, at, store_test, system, user};
use crate::{Error, Groups, NewAccount, NewUser, Store, db::run};
use carrel_model::{Account, AccountRules, GroupName, IdError, Role, User, UserId};
use std::collections::BTreeSet;

fn rules(users: u32, groups: u32) -> AccountRules {
    AccountRules { first_uid: users, first_gid: groups, ..AccountRules::default() }
}

async fn add(store: &Store, name: &str, byte: u8, account: NewAccount) -> Result<User, Error> {
    let new = NewUser {
        name: name.parse().unwrap(),
        display_name: name.into(),
        role: Role::User,
        password_hash: None,
        groups: Vec::new(),
        account,
    };
    store.user_add(&new, UserId::from_random([byte; 16]), &system(), at(0)).await
}

async fn join(store: &Store, user: &User, groups: &[&str]) {
    let groups: Vec<GroupName> = groups.iter().map(|group| group.parse().unwrap()).collect();
    store.change_groups(&user.id, &Groups::Add(groups), &system(), at(0)).await.unwrap();
}

/// Takes the account away, as if an older program had added the user.
async fn as_of_old(store: &Store, user: &User) {
    run!(store.pool(), "DELETE FROM accounts WHERE user_id = $1", user.id.as_str()).unwrap();
}

fn shown(account: &Account) -> String {
    let groups: Vec<String> = account.groups.iter().map(|(name, gid)| format!("{name}={gid}")).collect();
    format!(
        "{}:{} {} {} {}",
        account.uid,
        account.gid,
        groups.join(","),
        account.home.display(),
        account.shell.display()
    )
}

store_test!(users_get_numbers_from_the_first_one_on_and_groups_share_none_with_them, |store, clock| {
    let (ada, grace) = (user(&store, "ada", 1, clock.now()).await, user(&store, "grace", 2, clock.now()).await);
    join(&store, &grace, &["ops", "devs"]).await;
    let rules = AccountRules::default();
    assert_eq!(shown(&store.account_of(&ada, &rules).await.unwrap()), "1000:1000  /home/ada /bin/bash");
    let graces = "1001:1001 devs=1002,ops=1003 /home/grace /bin/bash";
    assert_eq!(shown(&store.account_of(&grace, &rules).await.unwrap()), graces);
    // The group has the number that would have been the user's own.
    let alan = add(&store, "alan", 3, NewAccount::default()).await.unwrap();
    assert_eq!(shown(&store.account_of(&alan, &rules).await.unwrap()), "1002:1004  /home/alan /bin/bash");
    let all = store.accounts(&rules).await.unwrap();
    assert_eq!(all.values().map(shown).collect::<BTreeSet<_>>().len(), 3);
    assert_eq!(shown(&all[&grace.id]), graces);
});

store_test!(what_an_account_is_once_it_stays_whatever_the_rules_say_later, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    join(&store, &ada, &["devs"]).await;
    let first = store.account_of(&ada, &AccountRules::default()).await.unwrap();
    let later = AccountRules { homes: "/data".into(), shell: "/bin/zsh".into(), ..rules(5000, 5000) };
    assert_eq!(store.account_of(&ada, &later).await.unwrap(), first);
    let grace = add(&store, "grace", 2, later.clone().into()).await.unwrap();
    assert_eq!(shown(&store.account_of(&grace, &later).await.unwrap()), "5000:5000  /data/grace /bin/zsh");
});

store_test!(numbers_that_are_asked_for_are_taken_once_and_never_below_the_first, |store, _clock| {
    let wish = |uid, gid| NewAccount { uid: Some(uid), gid, home: Some("/nfs/ada".into()), rules: rules(2000, 3000) };
    let ada = add(&store, "ada", 1, wish(20_114, Some(4000))).await.unwrap();
    let adas = store.account_of(&ada, &AccountRules::default()).await.unwrap();
    assert_eq!(shown(&adas), "20114:4000  /nfs/ada /bin/bash");
    let taken = add(&store, "grace", 2, wish(20_114, None)).await.unwrap_err();
    assert_eq!(taken.to_string(), "the user id 20114 is taken: it belongs, or belonged, to somebody else");
    let low = add(&store, "grace", 2, wish(1999, None)).await.unwrap_err();
    assert!(matches!(low, Error::Id(IdError::TooLow { least: 2000, .. })), "{low}");
    let low = add(&store, "grace", 2, wish(2000, Some(2999))).await.unwrap_err();
    assert!(matches!(low, Error::Id(IdError::TooLow { least: 3000, .. })), "{low}");
    assert_eq!(store.users().await.unwrap(), std::slice::from_ref(&ada), "a refused user is not there");
    // A group of one's own never begins below the first one either.
    let alan = add(&store, "alan", 3, wish(2000, None)).await.unwrap();
    assert_eq!(store.account_of(&alan, &rules(2000, 3000)).await.unwrap().gid, 3000);
    // A user who is gone keeps the number.
    run!(store.pool(), "DELETE FROM users WHERE id = $1", ada.id.as_str()).unwrap();
    assert!(matches!(add(&store, "eve", 4, wish(20_114, None)).await, Err(Error::UidTaken(20_114))));
});

store_test!(numbers_that_stand_for_nobody_are_passed_over, |store, _clock| {
    let edge = rules(65_533, 65_533);
    let mut uids = Vec::new();
    for (byte, name) in [(1, "a"), (2, "b"), (3, "c")] {
        let user = add(&store, name, byte, edge.clone().into()).await.unwrap();
        let account = store.account_of(&user, &edge).await.unwrap();
        uids.push((account.uid, account.gid));
    }
    assert_eq!(uids, [(65_533, 65_533), (65_536, 65_536), (65_537, 65_537)]);
    let none_left = rules(i32::MAX.cast_unsigned(), 1000);
    add(&store, "d", 4, none_left.clone().into()).await.unwrap();
    let refused = add(&store, "e", 5, none_left.into()).await.unwrap_err();
    assert!(matches!(refused, Error::Id(IdError::TooHigh { .. })), "{refused}");
});

store_test!(users_of_an_older_program_get_their_numbers_when_they_are_first_needed, |store, clock| {
    let (ada, grace) = (user(&store, "ada", 1, clock.now()).await, user(&store, "grace", 2, clock.now()).await);
    as_of_old(&store, &ada).await;
    as_of_old(&store, &grace).await;
    join(&store, &grace, &["devs"]).await;
    let rules = rules(7000, 7000);
    assert_eq!(store.account_of(&grace, &rules).await.unwrap().uid, 7000);
    let all = store.accounts(&rules).await.unwrap();
    assert_eq!((all[&grace.id].uid, all[&ada.id].uid, all[&ada.id].gid), (7000, 7001, 7002));
    assert_eq!(all[&grace.id].groups, [("devs".to_owned(), 7001)]);
});

async fn first_use_at_once(engine: Engine) {
    const EACH: u8 = 4;
    let fresh = Fresh::migrated(engine).await;
    let (store, other) = (fresh.open().await, fresh.open().await);
    let mut users = Vec::new();
    for byte in 0..6 {
        let user = user(&store, &format!("user{byte}"), byte, at(0)).await;
        as_of_old(&store, &user).await;
        join(&store, &user, &["devs", "ops"]).await;
        users.push(user);
    }
    let mut asking = Vec::new();
    for user in &users {
        for n in 0..EACH {
            // Two replicas: each has a queue of writers of its own.
            let (store, user) = (if n % 2 == 0 { store.clone() } else { other.clone() }, user.clone());
            asking.push(tokio::spawn(async move { store.account_of(&user, &AccountRules::default()).await.unwrap() }));
        }
    }
    let mut seen = BTreeSet::new();
    for answer in asking {
        let account = answer.await.unwrap();
        seen.insert((account.uid, account.gid, account.groups));
    }
    let uids: BTreeSet<u32> = seen.iter().map(|(uid, ..)| *uid).collect();
    let mut gids: BTreeSet<u32> = seen.iter().map(|(_, gid, _)| *gid).collect();
    gids.extend(seen.iter().flat_map(|(.., groups)| groups.iter().map(|(_, gid)| *gid)));
    assert_eq!((seen.len(), uids.len(), gids.len()), (6, 6, 6 + 2), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_ask_at_once_see_the_same_numbers() {
    first_use_at_once(Engine::Sqlite).await;
    first_use_at_once(Engine::Postgres).await;
}
