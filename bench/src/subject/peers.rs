//! The peers, each with the settings that make it cheapest.

use super::{Row, Running, Subject};
use crate::{
    lab::{COOKIE, Lab, PREFIX, text},
    load::{Door, call},
    process::Group,
    program::{self, Program, free_address},
};
use anyhow::{Context, bail};
use http::Method;
use std::{fmt::Write as _, net::SocketAddr};
use tokio::process::Command;

fn door(address: SocketAddr, guarded: bool) -> Door {
    Door { address, prefix: PREFIX.into(), cookie: COOKIE.into(), guarded }
}

fn running(subject: Subject, door: Door, program: Program) -> anyhow::Result<Running> {
    let rows = vec![Row { name: subject.name(), group: Group::tree(program.pid()?) }];
    Ok(Running { door, rows, children: vec![program], sessions: None })
}

/// The backend itself.
pub(super) fn direct(lab: &Lab) -> anyhow::Result<Running> {
    let rows = vec![Row { name: Subject::Direct.name(), group: Group::tree(lab.backend_pid()?) }];
    Ok(Running { door: door(lab.backend, false), rows, children: Vec::new(), sessions: None })
}

/// nginx: connections to the backend kept, no access log, nothing on disk.
pub(super) async fn nginx(lab: &Lab, auth: bool) -> anyhow::Result<Running> {
    let subject = if auth { Subject::NginxAuth } else { Subject::Nginx };
    let name = if auth { "nginx-auth" } else { "nginx" };
    let program = lab.programs.nginx.as_ref().context("nginx is not there")?;
    let address = free_address()?;
    let folder = lab.path(name);
    std::fs::create_dir_all(&folder)?;
    let conf = lab.write(&format!("{name}.conf"), &nginx_conf(lab, address, auth, &text(&folder)))?;
    let mut command = program::command(None, program);
    command.arg("-p").arg(&folder).arg("-c").arg(conf).args(["-e", "stderr"]);
    start(subject, name, lab, command, door(address, auth)).await
}

fn nginx_conf(lab: &Lab, address: SocketAddr, auth: bool, folder: &str) -> String {
    // As root, the worker would become another account, which cannot enter the folder.
    let user = if nix::unistd::geteuid().is_root() { "user root;" } else { "" };
    let ask = if auth { "auth_request /auth;" } else { "" };
    let (backend, authority, slots) = (lab.backend, lab.auth, lab.files - 1000);
    let temp: String =
        ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].iter().fold(String::new(), |mut all, kind| {
            let _ = writeln!(all, "  {kind}_temp_path {folder}/{kind};");
            all
        });
    format!(
        "{user} daemon off; worker_processes 1; pid {folder}/pid; error_log stderr crit;
events {{ worker_connections {slots}; }}
http {{
  access_log off; tcp_nodelay on; keepalive_requests 1000000000; keepalive_timeout 300s;
{temp}
  proxy_http_version 1.1; proxy_max_temp_file_size 0; proxy_read_timeout 1h; proxy_request_buffering off;
  upstream backend {{ server {backend}; keepalive 256; keepalive_requests 1000000000; }}
  upstream authority {{ server {authority}; keepalive 256; keepalive_requests 1000000000; }}
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  server {{
    listen {address} backlog=1024;
    location /s/ {{
      {ask}
      proxy_pass http://backend;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }}
    location = /auth {{
      internal;
      proxy_pass http://authority/auth;
      proxy_pass_request_body off;
      proxy_set_header Content-Length '';
      proxy_set_header Connection '';
    }}
  }}
}}
"
    )
}

/// `HAProxy`: connections to the backend shared, the cookie looked up among a thousand and one.
pub(super) async fn haproxy(lab: &Lab) -> anyhow::Result<Running> {
    let program = lab.programs.haproxy.as_ref().context("haproxy is not there")?;
    let address = free_address()?;
    let secret = COOKIE.trim_start_matches("carrel=");
    let mut map = format!("{secret} 1\n");
    for other in 0..1000 {
        writeln!(map, "other{other:038} 1")?;
    }
    let map = lab.write("haproxy.map", &map)?;
    let (map, backend, connections) = (text(&map), lab.backend, lab.files / 2 - 500);
    let conf = format!(
        "global
  nbthread 1
  maxconn {connections}
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
  option http-no-delay
  http-reuse always
frontend front
  bind {address} backlog 1024
  http-request deny deny_status 401 unless {{ req.cook(carrel),map_str({map}) -m found }}
  option forwardfor
  default_backend back
backend back
  server one {backend}
"
    );
    let conf = lab.write("haproxy.cfg", &conf)?;
    let mut command = program::command(None, program);
    command.arg("-db").arg("-f").arg(conf);
    start(Subject::Haproxy, "haproxy", lab, command, door(address, true)).await
}

/// configurable-http-proxy, with one route.
pub(super) async fn chp(lab: &Lab) -> anyhow::Result<Running> {
    let node = lab.programs.node.as_ref().context("node is not there")?;
    let package = lab.programs.chp.as_ref().context("configurable-http-proxy is not there")?;
    let (address, api) = (free_address()?, free_address()?);
    let mut command = program::command(None, node);
    command.arg(package.join("bin/configurable-http-proxy")).args(["--log-level", "warn"]);
    command.args(["--ip", "127.0.0.1", "--port", &address.port().to_string()]);
    command.args(["--api-ip", "127.0.0.1", "--api-port", &api.port().to_string()]);
    let mut program = Program::start("chp", &mut command, &lab.path("chp.log"))?;
    // It opens the two one after the other.
    program.listens(address).await?;
    program.listens(api).await?;
    let route = format!("/api/routes{}", PREFIX.trim_end_matches('/'));
    let body = format!(r#"{{"target":"http://{}"}}"#, lab.backend);
    let (status, _, _) = call(&door(api, false), Method::POST, &route, Some(body)).await?;
    if !status.is_success() {
        bail!("its API answers {status} to a route");
    }
    running(Subject::Chp, door(address, false), program)
}

/// Carrel's proxy in a program of its own.
pub(super) async fn proxy_alone(lab: &Lab) -> anyhow::Result<Running> {
    let address = free_address()?;
    let mut command = program::command(None, &lab.me);
    command.arg("house").args(["--listen", &address.to_string(), "--upstream", &lab.backend.to_string()]);
    command.args(["--prefix", PREFIX, "--cookie", COOKIE]);
    start(Subject::ProxyAlone, "house", lab, command, door(address, true)).await
}

async fn start(
    subject: Subject,
    name: &'static str,
    lab: &Lab,
    mut command: Command,
    door: Door,
) -> anyhow::Result<Running> {
    let mut program = Program::start(name, &mut command, &lab.path(&format!("{name}.log")))?;
    program.listens(door.address).await?;
    running(subject, door, program)
}
