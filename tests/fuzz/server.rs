//! A server on loopback that answers every request with the current input.

use std::cell::RefCell;
use std::rc::Rc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::LocalSet;

/// Status, more headers, body.
#[derive(Debug, Default, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct Server {
    pub(crate) url: String,
    answer: Rc<RefCell<Answer>>,
    runtime: Runtime,
    tasks: LocalSet,
}

impl Server {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer = Rc::<RefCell<Answer>>::default();
        let tasks = LocalSet::new();
        let current = Rc::clone(&answer);
        tasks.spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::task::spawn_local(serve(stream, Rc::clone(&current)));
            }
        });
        Self { url, answer, runtime, tasks }
    }

    /// Runs an exchange while every request gets this answer.
    pub(crate) fn answering<T>(&self, answer: Answer, exchange: impl Future<Output = T>) -> T {
        self.answer.replace(answer);
        self.tasks.block_on(&self.runtime, exchange)
    }
}

/// Answers requests without a body, one after the other, on one connection.
async fn serve(mut stream: TcpStream, answer: Rc<RefCell<Answer>>) -> std::io::Result<()> {
    let mut request = Vec::new();
    while stream.read_buf(&mut request).await? > 0 {
        if !request.ends_with(b"\r\n\r\n") {
            continue;
        }
        request.clear();
        let Answer { status, headers, body } = answer.borrow().clone();
        let length = body.len();
        let head = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\n\r\n");
        stream.write_all(&[head.as_bytes(), &body].concat()).await?;
    }
    Ok(())
}
