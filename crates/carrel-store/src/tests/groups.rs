use super::{at, store_test, system, user};
use crate::{Error, Groups, NewAccount, NewUser, Store};
use carrel_model::{GroupName, Role, UserId};

fn names(groups: &[&str]) -> Vec<GroupName> {
    groups.iter().map(|group| group.parse().unwrap()).collect()
}

async fn change(store: &Store, user: &UserId, groups: Groups) -> Vec<String> {
    store.change_groups(user, &groups, &system(), at(1)).await.unwrap()
}

store_test!(the_groups_of_a_user_are_set_added_and_removed_and_each_change_is_written_down, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    let grace = user(&store, "grace", 2, clock.now()).await;
    assert_eq!(store.groups_of(&ada.id).await.unwrap(), [""; 0]);
    let set = Groups::Set(names(&["ops", "devs", "devs"]));
    assert_eq!(change(&store, &ada.id, set).await, ["devs", "ops"]);
    assert_eq!(change(&store, &ada.id, Groups::Add(names(&["Domain Users"]))).await, ["Domain Users", "devs", "ops"]);
    assert_eq!(change(&store, &ada.id, Groups::Remove(names(&["ops", "none"]))).await, ["Domain Users", "devs"]);
    assert_eq!(store.groups_of(&ada.id).await.unwrap(), ["Domain Users", "devs"]);
    assert_eq!(store.groups_of(&grace.id).await.unwrap(), [""; 0]);
    let page = store.audit_page(None, 3).await.unwrap();
    let told: Vec<String> = page.into_iter().map(|e| format!("{} {}", e.action, e.detail)).collect();
    let expected = ["user-groups ada: -ops", "user-groups ada: +Domain Users", "user-groups ada: +devs +ops"];
    assert_eq!(told, expected);
});

store_test!(a_change_of_groups_that_changes_nothing_is_not_written_down, |store, clock| {
    let ada = user(&store, "ada", 1, clock.now()).await;
    change(&store, &ada.id, Groups::Set(names(&["devs"]))).await;
    let before = store.audit_page(None, 10).await.unwrap().len();
    assert_eq!(change(&store, &ada.id, Groups::Add(names(&["devs"]))).await, ["devs"]);
    assert_eq!(store.audit_page(None, 10).await.unwrap().len(), before);
    let nobody = UserId::from_random([9; 16]);
    let refused = store.change_groups(&nobody, &Groups::Set(Vec::new()), &system(), at(1)).await;
    assert!(matches!(refused, Err(Error::NoSuchUser)));
});

store_test!(a_new_user_is_in_their_groups_from_the_beginning, |store, clock| {
    let new = NewUser {
        name: "ada".parse().unwrap(),
        display_name: "Ada".into(),
        role: Role::User,
        password_hash: None,
        groups: names(&["ops", "devs"]),
        account: NewAccount::default(),
    };
    let id = UserId::from_random([1; 16]);
    store.user_add(&new, id.clone(), &system(), clock.now()).await.unwrap();
    assert_eq!(store.groups_of(&id).await.unwrap(), ["devs", "ops"]);
});
