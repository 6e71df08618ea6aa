use super::*;
use crate::contract::{self, StandIn};
use carrel_model::{SessionId, Who};
use std::collections::BTreeSet;

/// Runs of the fake, which plays what the name of the program says.
struct FakePlace(FakeLauncher);

#[async_trait]
impl contract::Place for FakePlace {
    async fn launcher(&self) -> Arc<dyn Launcher> {
        Arc::new(self.0.clone())
    }

    fn plan(&self, ide: StandIn) -> Plan {
        let cause = |text: &str| Cause::new("ide-exited", text, Who::Administrator);
        self.0.script(match ide {
            StandIn::Good | StandIn::Deaf => Script::Ready,
            StandIn::Fails => Script::Fails(cause("The IDE ended with exit status 1.")),
            StandIn::Missing => Script::Refuses(cause("The program stand-in was not found.")),
        });
        contract::plan(vec!["stand-in".into()])
    }
}

fn fake() -> std::future::Ready<FakePlace> {
    std::future::ready(FakePlace(FakeLauncher::new()))
}

crate::launcher_contract!(fake);

fn run(generation: u32) -> RunId {
    RunId { session: SessionId::from_random([9; 16]), generation }
}

fn plan() -> Plan {
    contract::plan(vec!["stand-in".into()])
}

#[tokio::test]
async fn it_writes_down_what_it_was_asked() {
    let fake = FakeLauncher::new();
    fake.start(&run(1), &plan()).await.unwrap();
    fake.stop(&run(1), Duration::ZERO).await.unwrap();
    fake.forget(&run(1)).await.unwrap();
    let wanted = [Call::Start(run(1), Box::new(plan())), Call::Stop(run(1), Duration::ZERO), Call::Forget(run(1))];
    assert_eq!(fake.calls(), wanted);
    assert_eq!(fake.started(), [run(1)]);
}

#[tokio::test]
async fn a_silent_run_reports_what_the_test_says_and_nothing_else() {
    let fake = FakeLauncher::new();
    fake.script(Script::Silent);
    let mut reports = fake.reports();
    fake.start(&run(1), &plan()).await.unwrap();
    fake.say(&run(1), Seen::Step(Step::ImagePresent, Some("61 %".into())));
    fake.vanish(&run(1));
    fake.reconnect();
    assert_eq!(reports.next().await, Some(Report::Listing(BTreeSet::new())));
    let step = Seen::Step(Step::ImagePresent, Some("61 %".into()));
    assert_eq!(reports.next().await, Some(Report::Run(run(1), step)));
    assert_eq!(reports.next().await, Some(Report::Listing(BTreeSet::new())));
}

#[tokio::test]
async fn a_held_stop_ends_when_the_test_says_so() {
    let fake = FakeLauncher::new();
    fake.hold_stops(true);
    fake.start(&run(1), &plan()).await.unwrap();
    fake.stop(&run(1), Duration::from_secs(9)).await.unwrap();
    let ends = |fake: &FakeLauncher| fake.place().runs[&run(1)].ended.clone();
    assert_eq!(ends(&fake), None);
    fake.say(&run(1), Seen::Ended(Ending::Asked));
    assert_eq!(ends(&fake), Some(Ending::Asked));
}

#[tokio::test]
async fn a_second_start_is_written_down_and_reports_nothing() {
    let fake = FakeLauncher::new();
    fake.start(&run(1), &plan()).await.unwrap();
    let mut reports = fake.reports();
    fake.start(&run(1), &plan()).await.unwrap();
    fake.say(&run(1), Seen::Ended(Ending::Quit));
    assert_eq!(fake.started(), [run(1), run(1)]);
    let told: Vec<_> = reports.by_ref().take(3).collect().await;
    let ready = Seen::Ready(Address::Unix("/nowhere/data.sock".into()));
    let ended = Report::Run(run(1), Seen::Ended(Ending::Quit));
    assert_eq!(told, [Report::Listing(BTreeSet::from([run(1)])), Report::Run(run(1), ready), ended]);
}
