//! Asks the emulator's DNS server.

use std::net::SocketAddr;

use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::{Name, RecordType};
use tokio::net::UdpSocket;

use crate::client::watchdog;

/// One question and its answer, over UDP.
pub(crate) async fn query(server: SocketAddr, name: &str, record_type: RecordType) -> Message {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    socket.connect(server).await.expect("a server");
    let mut message = Message::new(7, MessageType::Query, OpCode::Query);
    message.add_query(Query::query(
        Name::from_ascii(name).expect("a name"),
        record_type,
    ));
    let message = message.to_vec().expect("a message");
    socket.send(&message).await.expect("sent");
    let mut buffer = [0; 1500];
    let length = watchdog("an answer", socket.recv(&mut buffer))
        .await
        .expect("an answer");
    Message::from_vec(&buffer[..length]).expect("a message")
}
