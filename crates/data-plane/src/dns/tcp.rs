//! Queries in connections: each message is preceded by its length in two bytes (RFC 1035 §4.2.2).

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::responder::{Responder, Transport};

/// More connections than these wait until one ends. A resolver uses one or two.
const MAX_CONNECTIONS: usize = 128;
/// A connection is closed if no whole query arrives, or an answer is not taken, within this time.
const PATIENCE: Duration = Duration::from_secs(10);
/// See the UDP loop; here it is typically the limit of open files.
const AFTER_ERROR: Duration = Duration::from_millis(50);

/// Accepts connections until stopped, and returns when all of them are closed.
pub(super) async fn serve(
    listener: &TcpListener,
    responder: &Arc<Responder>,
    stop: &CancellationToken,
) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = stop.run_until_cancelled(async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            (slot, listener.accept().await)
        });
        match accepted.await {
            None => break,
            Some((slot, Ok((stream, peer)))) => {
                let responder = Arc::clone(responder);
                let stop = stop.clone();
                connections.spawn(async move {
                    let served = converse(stream, peer.ip(), &responder);
                    if let Some(Err(error)) = stop.run_until_cancelled(served).await {
                        tracing::debug!(%peer, %error, "DNS connection failed");
                    }
                    drop(slot);
                });
            }
            Some((_, Err(error))) => {
                tracing::warn!(%error, "cannot accept a DNS connection");
                tokio::time::sleep(AFTER_ERROR).await;
            }
        }
    }
    while connections.join_next().await.is_some() {}
}

/// Answers one query after the other until the client closes the connection or keeps it idle.
async fn converse(mut stream: TcpStream, peer: IpAddr, responder: &Responder) -> io::Result<()> {
    let mut query = Vec::new();
    loop {
        match timeout(PATIENCE, read_message(&mut stream, &mut query)).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) | Err(_) => return Ok(()),
            Ok(Err(error)) => return Err(error),
        }
        let Some(answer) = responder.respond(&query, peer, Transport::Tcp) else {
            return Ok(());
        };
        let Ok(length) = u16::try_from(answer.len()) else {
            return Ok(());
        };
        let mut framed = Vec::with_capacity(answer.len() + 2);
        framed.extend_from_slice(&length.to_be_bytes());
        framed.extend_from_slice(&answer);
        match timeout(PATIENCE, stream.write_all(&framed)).await {
            Ok(result) => result?,
            Err(_) => return Ok(()),
        }
    }
}

/// Reads one message into `buffer`; `false` if the client closed the connection instead.
async fn read_message(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<bool> {
    let length = match stream.read_u16().await {
        Ok(length) => usize::from(length),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
        Err(error) => return Err(error),
    };
    buffer.resize(length, 0);
    stream.read_exact(buffer).await?;
    Ok(true)
}
