//! A server below HTTP: it answers with given bytes, or hangs up.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What to do with one connection after its request has arrived.
#[derive(Clone, Copy)]
pub(crate) enum Manner {
    /// Close it without a word.
    HangUp,
    /// Send these bytes and close it.
    Send(&'static str),
    /// Keep it open and say nothing.
    Silence,
}

/// Starts a server that treats its connections in these manners, in order, and
/// stops listening after the last one. Returns its URL.
#[expect(clippy::unwrap_used, reason = "loopback has free ports")]
pub(crate) async fn start(manners: &'static [Manner]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut silent = Vec::new();
        for manner in manners {
            let Ok((mut stream, _)) = listener.accept().await else {
                return;
            };
            read_request(&mut stream).await;
            match manner {
                Manner::HangUp => drop(stream),
                Manner::Send(text) => {
                    let _ = stream.write_all(text.as_bytes()).await;
                    let _ = stream.shutdown().await;
                }
                Manner::Silence => silent.push(stream),
            }
        }
        if !silent.is_empty() {
            std::future::pending::<()>().await;
        }
    });
    url
}

/// Reads a whole request, so that closing the connection is no reset by accident.
async fn read_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
                .unwrap_or(0);
            if body.len() >= length {
                return;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend(buffer.iter().take(count)),
        }
    }
}
