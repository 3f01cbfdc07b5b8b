//! What a connection speaks: plain bytes, or TLS.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{Accept, TlsAcceptor};

use super::{Connection, Scissors};

/// A connection as the HTTP server reads and writes it. The TLS handshake is a part of its first read, so that a
/// client that is slow with it, or does not speak TLS, holds up nobody else.
pub(crate) struct Stream {
    pub(super) scissors: Scissors,
    state: State,
}

enum State {
    Plain(Connection),
    Handshake(Box<Accept<Connection>>),
    Tls(Box<TlsStream<Connection>>),
    /// The handshake has failed, which was told once.
    Failed,
}

// === impl Stream ===

impl Stream {
    /// Wraps a connection that was accepted; with an acceptor, in TLS.
    pub(super) fn new(connection: Connection, acceptor: Option<&TlsAcceptor>) -> Self {
        let scissors = connection.scissors.clone();
        let state = match acceptor {
            Some(acceptor) => State::Handshake(Box::new(acceptor.accept(connection))),
            None => State::Plain(connection),
        };
        Self { scissors, state }
    }

    /// The inner stream once the handshake is done.
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Pin<&mut dyn Io>>> {
        if let State::Handshake(handshake) = &mut self.state {
            let result = ready!(Pin::new(handshake.as_mut()).poll(context));
            self.state = match result {
                Ok(stream) => State::Tls(Box::new(stream)),
                Err(error) => {
                    self.state = State::Failed;
                    tracing::debug!(%error, "a TLS handshake failed");
                    return Poll::Ready(Err(error));
                }
            };
        }
        Poll::Ready(match &mut self.state {
            State::Plain(connection) => Ok(Pin::new(connection)),
            State::Tls(stream) => Ok(Pin::new(stream.as_mut())),
            State::Handshake(_) | State::Failed => Err(io::ErrorKind::NotConnected.into()),
        })
    }
}

/// Reads and writes.
trait Io: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Io for T {}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_ready(context))?.poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_ready(context))?.poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The server flushes before it reads for the first time. There is nothing to flush then.
        match &self.state {
            State::Handshake(_) => Poll::Ready(Ok(())),
            _ => ready!(self.poll_ready(context))?.poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.state {
            // Dropping it closes the connection.
            State::Handshake(_) | State::Failed => Poll::Ready(Ok(())),
            _ => ready!(self.poll_ready(context))?.poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_ready(context))?.poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.state {
            State::Plain(connection) => connection.is_write_vectored(),
            State::Tls(stream) => stream.is_write_vectored(),
            State::Handshake(_) | State::Failed => false,
        }
    }
}
