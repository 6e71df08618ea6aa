use super::{launched, ready, store_test, used, user};
use carrel_model::Event;
use carrel_testkit::{Postgres, eventually, within};

store_test!(whoever_waits_wakes_with_each_change, |store, clock| {
    let mut wakes = store.wakes();
    let ada = user(&store, "ada", 1, clock.now()).await;
    let session = launched(&store, &ada, 1, clock.now()).await;
    within("the launch", wakes.changed()).await.unwrap();
    wakes.borrow_and_update();
    store.happen(&session.id, None, &Event::Taken, None, clock.now()).await.unwrap().unwrap();
    within("the start", wakes.changed()).await.unwrap();
});

/// A store of another replica, that hears. Hearing begins a little after opening, and begins with a wake.
async fn replica(fresh: &super::Fresh) -> crate::Store {
    let store = fresh.open().await;
    within("the first wake", store.wakes().wait_for(|count| *count > 0)).await.unwrap();
    store
}

#[tokio::test]
async fn a_change_of_one_replica_wakes_the_others() {
    let fresh = super::Fresh::migrated(super::Engine::Postgres).await;
    let (here, there) = (replica(&fresh).await, replica(&fresh).await);
    let mut wakes = there.wakes();
    wakes.borrow_and_update();
    let ada = user(&here, "ada", 1, super::at(0)).await;
    within("the other replica's change", wakes.changed()).await.unwrap();
    assert_eq!(there.user(&ada.id).await.unwrap(), Some(ada));
}

#[tokio::test]
async fn a_replica_that_lost_its_connection_hears_again_and_is_woken_for_what_it_missed() {
    let fresh = super::Fresh::migrated(super::Engine::Postgres).await;
    let (here, there) = (replica(&fresh).await, replica(&fresh).await);
    let ada = user(&here, "ada", 1, super::at(0)).await;
    let session = launched(&here, &ada, 1, super::at(0)).await;
    for event in [Event::Taken, ready()] {
        here.happen(&session.id, None, &event, None, super::at(1)).await.unwrap().unwrap();
    }
    let mut wakes = there.wakes();
    wakes.borrow_and_update();
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'";
    let postgres = Postgres::shared().unwrap();
    let database = fresh.url.rsplit('/').next().unwrap();
    postgres.run(database, &format!("{kill} AND datname = current_database()")).await.unwrap();
    within("the wake after the break", wakes.changed()).await.unwrap();
    let mut second = 2;
    eventually("a change to be heard again", async || {
        wakes.borrow_and_update();
        second += 1;
        here.happen(&session.id, None, &used(super::at(second)), None, super::at(second)).await.ok()??;
        tokio::time::timeout(std::time::Duration::from_millis(100), wakes.changed()).await.ok()?.ok()
    })
    .await;
}
