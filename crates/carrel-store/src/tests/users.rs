use super::{at, pass, store_test, system, user};
use crate::{Actor, Error, NewAccount, NewSignIn, NewToken, NewUser, Scope};
use carrel_model::{AuditAction, Role, SignInId, TokenId, UserId};

store_test!(a_user_is_found_by_id_and_by_name, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    assert_eq!((ada.role, ada.display_name.as_str(), ada.created_at), (Role::User, "ADA", at(0)));
    assert_eq!(store.user(&ada.id).await.unwrap().as_ref(), Some(&ada));
    assert_eq!(store.user_by_name(&ada.name).await.unwrap().as_ref(), Some(&ada));
    assert_eq!(store.user_by_name(&"grace".parse().unwrap()).await.unwrap(), None);
    assert_eq!(store.user(&UserId::from_random([9; 16])).await.unwrap(), None);
    let grace = user(&store, "grace", 2, clock.now()).await;
    let first = user(&store, "_a", 3, clock.now()).await;
    assert_eq!(store.users().await.unwrap(), [first, ada, grace]);
});

store_test!(a_name_is_taken_once, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    let new = NewUser {
        name: ada.name.clone(),
        display_name: String::new(),
        role: Role::Superuser,
        password_hash: None,
        groups: vec!["x".parse().unwrap()],
        account: NewAccount::default(),
    };
    let error = store.user_add(&new, UserId::from_random([2; 16]), &system(), clock.now()).await.unwrap_err();
    assert!(matches!(error, Error::NameTaken(_)), "{error:?}");
    assert_eq!(error.to_string(), "a user called “ada” exists already");
    assert_eq!(store.users().await.unwrap(), [ada]);
    assert_eq!(store.audit_page(None, 10).await.unwrap().len(), 1);
});

store_test!(those_whom_an_actor_added_are_found_by_the_audit, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    let new = NewUser {
        name: "grace".parse().unwrap(),
        display_name: String::new(),
        role: Role::User,
        password_hash: None,
        groups: Vec::new(),
        account: NewAccount::default(),
    };
    let chores = Actor::system("chores");
    let grace = store.user_add(&new, UserId::from_random([2; 16]), &chores, clock.now()).await.unwrap();
    // What an actor did to somebody later does not count.
    store.set_locked(&ada.id, true, &chores, clock.now()).await.unwrap();
    assert_eq!(store.users_added_by("chores").await.unwrap(), [grace]);
    assert_eq!(store.users_added_by("nobody").await.unwrap(), []);
});

store_test!(a_new_password_replaces_the_old_and_ends_all_sign_ins, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    assert_eq!(store.password_hash(&ada.id).await.unwrap().as_deref(), Some("hash of ada"));
    sign_in(&store, &ada.id, 1).await;
    let now = pass(&clock, 5);
    store.set_password(&ada.id, "another", &system(), now).await.unwrap();
    assert_eq!(store.password_hash(&ada.id).await.unwrap().as_deref(), Some("another"));
    assert_eq!(store.sign_in_by_hash(&[1; 32]).await.unwrap().unwrap().0.revoked_at, Some(now));
    let nobody = UserId::from_random([9; 16]);
    assert_eq!(store.password_hash(&nobody).await.unwrap(), None);
    let refused = store.set_password(&nobody, "x", &system(), now).await;
    assert!(matches!(refused, Err(Error::NoSuchUser)));
});

store_test!(a_locked_user_has_no_sign_in_and_no_token, |store, clock| {
    let (ada, grace) = (user(&store, "ada", 1, at(0)).await, user(&store, "grace", 2, at(0)).await);
    for (user, byte) in [(&ada, 1), (&grace, 2)] {
        sign_in(&store, &user.id, byte).await;
        let token = NewToken {
            id: TokenId::from_random([byte; 16]),
            user: user.id.clone(),
            name: "script".into(),
            secret_hash: [byte; 32],
            scope: Scope::Full,
            expires_at: None,
        };
        store.token_add(&token, &system(), at(0)).await.unwrap();
    }
    let now = pass(&clock, 5);
    store.set_locked(&ada.id, true, &system(), now).await.unwrap();
    let (sign_in, locked) = store.sign_in_by_hash(&[1; 32]).await.unwrap().unwrap();
    assert_eq!((sign_in.revoked_at, locked.locked_at), (Some(now), Some(now)));
    assert_eq!(store.token_by_hash(&[1; 32]).await.unwrap().unwrap().0.revoked_at, Some(now));
    assert_eq!(store.sign_in_by_hash(&[2; 32]).await.unwrap().unwrap().0.revoked_at, None);
    assert_eq!(store.token_by_hash(&[2; 32]).await.unwrap().unwrap().0.revoked_at, None);
    store.set_locked(&ada.id, false, &system(), pass(&clock, 5)).await.unwrap();
    assert_eq!(store.user(&ada.id).await.unwrap().unwrap().locked_at, None);
    // Letting in again brings no old sign-in back.
    assert_eq!(store.sign_in_by_hash(&[1; 32]).await.unwrap().unwrap().0.revoked_at, Some(now));
    let actions: Vec<String> = store.audit_page(None, 2).await.unwrap().into_iter().map(|e| e.action).collect();
    assert_eq!(actions, [AuditAction::UserUnlock.as_str(), AuditAction::UserLock.as_str()]);
    let nobody = UserId::from_random([9; 16]);
    assert!(matches!(store.set_locked(&nobody, true, &system(), now).await, Err(Error::NoSuchUser)));
});

async fn sign_in(store: &crate::Store, user: &UserId, byte: u8) {
    let new = NewSignIn {
        id: SignInId::from_random([byte; 16]),
        user: user.clone(),
        secret_hash: [byte; 32],
        address: "192.0.2.1".into(),
        user_agent: "test".into(),
        expires_at: at(3600),
    };
    store.sign_in_add(&new, &system(), at(0)).await.unwrap();
}
