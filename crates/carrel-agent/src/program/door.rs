//! The data socket: hands the server connections to the IDE ([`crate::door`]).

use crate::{
    door::{CONNECTION, RULES, hand},
    gate::Rules,
    program::{agent::Agent, control, used::Use},
};
use carrel_proxy::connect_unix;
use std::{io, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
};

/// What there is behind the socket.
struct Inside {
    agent: Arc<Agent>,
    /// [`Rules`], as a line.
    rules: Vec<u8>,
    used: Arc<Use>,
}

/// Opens the socket to processes of these accounts, until the program ends.
pub(crate) fn open(agent: &Arc<Agent>, rules: &Rules, used: &Arc<Use>, peers: [u32; 2]) -> io::Result<()> {
    let listener = UnixListener::from_std(control::bind(&agent.folder.data())?)?;
    let mut line = serde_json::to_vec(rules)?;
    line.push(b'\n');
    let inside = Arc::new(Inside { agent: agent.clone(), rules: line, used: used.clone() });
    tokio::spawn(control::accept(agent.clone(), listener, peers, move |stream| serve(inside.clone(), stream)));
    Ok(())
}

async fn serve(inside: Arc<Inside>, mut stream: UnixStream) {
    // The server may go away at any time.
    let _ = match stream.read_u8().await {
        Ok(CONNECTION) => inside.connect(stream).await,
        Ok(RULES) => inside.tell(stream).await,
        Ok(_) | Err(_) => Ok(()),
    };
}

impl Inside {
    async fn connect(&self, mut stream: UnixStream) -> io::Result<()> {
        match connect_unix(&self.agent.folder.ide()).await {
            Ok(connection) => hand(&stream, connection),
            Err(error) => stream.write_all(format!("the IDE takes no connection: {error}").as_bytes()).await,
        }
    }

    /// Tells the rules, and listens to use.
    async fn tell(&self, mut stream: UnixStream) -> io::Result<()> {
        stream.write_all(&self.rules).await?;
        let mut told = [0; 16];
        while stream.read(&mut told).await? > 0 {
            self.used.now();
        }
        Ok(())
    }
}
