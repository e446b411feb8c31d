//! Measures the way from the start of the process `predict` to its first answer, over a lake in a folder:
//!
//! ```sh
//! SLUICE_WASM_DIR=… cargo run --release -p predict --example first_prediction
//! ```
//!
//! It starts the executable beside it, tries to connect every 0.2 ms, sends one telco record and waits for the answer;
//! then it asks again on a new connection, 500 times, for the time of a request to a warm server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "../../../crates/serving/tests/support/mod.rs"]
mod support;

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use lake::{DirectoryStore, PutWhen, Store as _};
use onnx::{Comparison, PostTransform, Tree, TreeNode};
use support::World;

const N_STARTS: usize = 21;
const N_WARM: usize = 500;

#[tokio::main]
async fn main() {
    println!("{:<28} {:>22} {:>22} {:>12}", "model", "first answer, median", "slowest", "warm, p50");
    for (name, trees) in [("logistic regression", 0), ("100 trees × 31 leaves", 100)] {
        let world = World::new();
        let mut files = world.files(1);
        if trees > 0 {
            files.model = ensemble(world.signature().features.len(), trees).into();
        }
        let version = world.register_files(1, files).await;
        world.point_live_at(version).await;
        let folder = tempfile::tempdir().unwrap();
        let store = DirectoryStore::open(folder.path()).unwrap();
        for object in world.store.list("", None).await.unwrap() {
            let bytes = world.store.get(&object.key).await.unwrap().bytes;
            store.put(&object.key, bytes, PutWhen::Absent).await.unwrap();
        }
        let body = world.record(0).to_string();
        let mut starts = Vec::new();
        let mut warm = Vec::new();
        for _ in 0..N_STARTS {
            let (first, mut server, address) = start(folder.path(), &body);
            starts.push(first);
            if starts.len() == N_STARTS {
                warm = (0..N_WARM).map(|_| timed(|| ask(address, &body).unwrap())).collect();
            }
            server.kill().unwrap();
            server.wait().unwrap();
        }
        starts.sort();
        warm.sort();
        let ms = |duration: Duration| format!("{:.2} ms", duration.as_secs_f64() * 1e3);
        let (median, slowest, p50) = (starts[N_STARTS / 2], starts[N_STARTS - 1], warm[N_WARM / 2]);
        println!("{name:<28} {:>22} {:>22} {:>12}", ms(median), ms(slowest), ms(p50));
    }
}

/// Starts the server and waits for its first answer.
fn start(lake: &Path, body: &str) -> (Duration, Child, SocketAddr) {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let executable = std::env::current_exe().unwrap().parent().unwrap().with_file_name("predict");
    let mut command = Command::new(executable);
    command.env("SLUICE_LAKE_DIR", lake).env("SLUICE_LISTEN", address.to_string());
    command.env_remove("AWS_LAMBDA_RUNTIME_API").stdout(Stdio::null());
    let started = Instant::now();
    let server = command.spawn().expect("run `cargo build --release -p predict` first");
    while ask(address, body).is_none() {
        assert!(started.elapsed() < Duration::from_secs(10), "the server gives no answer");
        std::thread::sleep(Duration::from_micros(200));
    }
    (started.elapsed(), server, address)
}

/// One request on a connection of its own; `None` while nobody listens.
fn ask(address: SocketAddr, body: &str) -> Option<()> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_nodelay(true).unwrap();
    let length = body.len();
    let request = format!(
        "POST /predict HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    Some(())
}

fn timed(f: impl FnOnce()) -> Duration {
    let started = Instant::now();
    f();
    started.elapsed()
}

/// Balanced trees of 31 leaves whose thresholds follow from their place.
fn ensemble(n_features: usize, n_trees: u32) -> Vec<u8> {
    let branch = |tree: u32, node: u32| TreeNode::Branch {
        feature: (tree * 7 + node * 3) % n_features as u32,
        comparison: Comparison::LessOrEqual,
        threshold: ((tree * 13 + node * 5) % 60) as f32,
        missing_is_true: false,
        if_true: 2 * node + 1,
        if_false: 2 * node + 2,
    };
    let leaf = |tree: u32, node: u32| TreeNode::margin(((tree + node) % 9) as f32 * 0.01 - 0.04);
    let tree = |tree: u32| Tree {
        nodes: (0..61).map(|node| if node < 30 { branch(tree, node) } else { leaf(tree, node) }).collect(),
    };
    let trees: Vec<_> = (0..n_trees).map(tree).collect();
    let model =
        onnx::tree_ensemble_classifier(n_features, &trees, PostTransform::Logistic, &onnx::ModelInfo::default());
    onnx::encode(&model.unwrap())
}
