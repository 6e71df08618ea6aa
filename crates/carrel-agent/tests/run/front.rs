//! What the server is for an agent on its host: a proxy before the IDE, by connections that the agent hands over.

use carrel_agent::{
    door::Door,
    gate::{CALLER, Gate},
};
use carrel_model::Clock;
use carrel_proxy::{
    Edits, Failed, House, HouseBody, Listen, Peer, Proxy, ProxySettings, Running, Target, Verdict, full_body,
};
use futures::future::BoxFuture;
use http::{Request, Response, request::Parts};
use hyper::body::Incoming;
use std::{os::unix::net::UnixListener, path::Path, sync::Arc};
use tokio::runtime::Handle;

struct Front(Gate);

impl House for Front {
    fn admit(&self, head: &Parts, _: &Peer) -> Verdict {
        self.0.pass(head.headers.get(CALLER).map(|name| name.to_str().unwrap())).into()
    }

    fn answer(self: Arc<Self>, _: Request<Incoming>, _: Peer) -> BoxFuture<'static, Response<HouseBody>> {
        unreachable!("everything is forwarded")
    }

    fn failed(&self, failed: &Failed) -> Response<HouseBody> {
        Response::builder().status(502).body(full_body(failed.why.to_string())).unwrap()
    }
}

/// Opens a socket at `path` before the IDE whose agent has this data socket.
pub(crate) async fn open(data: &Path, path: &Path) -> Running {
    let door = Door(data.to_owned());
    let (rules, teller) = door.open().await.unwrap();
    let (on_use, telling) = teller.start();
    tokio::spawn(telling);
    let edits = Edits { strip_request_prefixes: vec!["x-carrel-"], ..Edits::default() };
    let gate = Gate::new(&rules, Target::Handed(Arc::new(door)), edits, Clock::System, on_use).unwrap();
    let listen = Listen::Unix(UnixListener::bind(path).unwrap());
    Proxy::start(listen, Arc::new(Front(gate)), ProxySettings::new(Handle::current())).unwrap()
}
