//! Queries in datagrams.

use std::time::Duration;

use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

use super::responder::{Responder, Transport};

/// Larger queries than any that makes sense; what exceeds it is cut and found malformed.
const MAX_QUERY: usize = 4096;
/// A socket that fails is given a moment, so that a lasting failure does not turn into a busy loop.
const AFTER_ERROR: Duration = Duration::from_millis(50);

/// Answers until stopped. One task is enough: an answer is computed without waiting for anything.
pub(super) async fn serve(socket: &UdpSocket, responder: &Responder, stop: &CancellationToken) {
    let mut buffer = [0; MAX_QUERY];
    while let Some(result) = stop
        .run_until_cancelled(exchange(socket, responder, &mut buffer))
        .await
    {
        if let Err(error) = result {
            tracing::warn!(%error, "UDP socket failed");
            tokio::time::sleep(AFTER_ERROR).await;
        }
    }
}

async fn exchange(
    socket: &UdpSocket,
    responder: &Responder,
    buffer: &mut [u8],
) -> std::io::Result<()> {
    let (length, peer) = socket.recv_from(buffer).await?;
    let query = buffer.get(..length).unwrap_or_default();
    if let Some(answer) = responder.respond(query, peer.ip(), Transport::Udp)
        && let Err(error) = socket.send_to(&answer, peer).await
    {
        // The client's problem (no route, for example), not the socket's.
        tracing::debug!(%peer, %error, "cannot send a DNS answer");
    }
    Ok(())
}
