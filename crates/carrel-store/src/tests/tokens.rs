use super::{at, pass, store_test, system, user};
use crate::{NewToken, Scope, Store, Token};
use carrel_model::{TokenId, UserId};

async fn add(store: &Store, user: &UserId, byte: u8, second: i64) -> Token {
    let new = NewToken {
        id: TokenId::from_random([byte; 16]),
        user: user.clone(),
        name: format!("token {byte}"),
        secret_hash: [byte; 32],
        scope: if byte == 2 { Scope::Read } else { Scope::Full },
        expires_at: (byte > 1).then(|| at(3600)),
    };
    store.token_add(&new, &system(), at(second)).await.unwrap()
}

store_test!(a_token_is_found_by_the_hash_of_its_secret, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    let forever = add(&store, &ada.id, 1, 0).await;
    let read = add(&store, &ada.id, 2, 1).await;
    assert_eq!((forever.scope, forever.expires_at), (Scope::Full, None));
    assert_eq!((read.scope, read.expires_at), (Scope::Read, Some(at(3600))));
    assert_eq!(store.token_by_hash(&[1; 32]).await.unwrap(), Some((forever.clone(), ada.clone())));
    assert_eq!(store.token_by_hash(&[9; 32]).await.unwrap(), None);
    assert_eq!(store.tokens_of(&ada.id).await.unwrap(), [read, forever]);
});

store_test!(use_of_a_token_moves_forward_only, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    let token = add(&store, &ada.id, 1, 0).await;
    assert_eq!(token.last_used_at, None);
    store.token_seen(&token.id, at(60)).await.unwrap();
    store.token_seen(&token.id, at(30)).await.unwrap();
    assert_eq!(store.tokens_of(&ada.id).await.unwrap()[0].last_used_at, Some(at(60)));
});

store_test!(a_token_is_taken_back_by_its_own_user_once, |store, clock| {
    let (ada, eve) = (user(&store, "ada", 1, at(0)).await, user(&store, "eve", 2, at(0)).await);
    let token = add(&store, &ada.id, 1, 0).await;
    let now = pass(&clock, 5);
    assert!(!store.token_revoke(&eve.id, &token.id, &system(), now).await.unwrap());
    assert!(store.token_revoke(&ada.id, &token.id, &system(), now).await.unwrap());
    assert!(!store.token_revoke(&ada.id, &token.id, &system(), now).await.unwrap());
    assert_eq!(store.token_by_hash(&[1; 32]).await.unwrap().unwrap().0.revoked_at, Some(now));
    assert!(store.tokens_of(&ada.id).await.unwrap().is_empty());
    let last = &store.audit_page(None, 1).await.unwrap()[0];
    assert_eq!((last.action.as_str(), last.detail.as_str()), ("token-revoke", "token 1"));
});
