//! The real binary in a real PTY, seen through a real terminal emulator.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::DEADLINE;
use super::tty::Tty;

/// A program to start in a terminal.
pub struct Launch {
    command: Vec<String>,
    environment: Vec<(String, String)>,
    columns: u16,
    rows: u16,
}

impl Launch {
    /// savepeek on the embedded service.
    pub fn demo() -> Self {
        Self::command(&[BINARY, "demo"])
    }

    /// savepeek with nothing to watch: a screen that time does not change.
    pub fn form() -> Self {
        Self::command(&[BINARY])
    }

    /// savepeek with these arguments.
    pub fn savepeek(arguments: &[&str]) -> Self {
        Self::command(&[&[BINARY], arguments].concat())
    }

    /// A shell script that starts the demo as `$SAVEPEEK`.
    pub fn demo_under(script: &str) -> Self {
        Self::command(&["sh", "-c", script]).environment("SAVEPEEK", &demo_command())
    }

    pub fn command(command: &[&str]) -> Self {
        Self {
            command: command.iter().map(ToString::to_string).collect(),
            environment: Vec::new(),
            columns: 100,
            rows: 30,
        }
    }

    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn size(self, columns: u16, rows: u16) -> Self {
        Self { columns, rows, ..self }
    }

    pub fn start(self) -> Session {
        let home = tempfile::tempdir().unwrap();
        let mut command = CommandBuilder::from_argv(self.command.iter().map(Into::into).collect());
        command.env_clear();
        for (name, value) in environment(&home) {
            command.env(name, value);
        }
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        command.cwd(home.path());

        let pty = native_pty_system().openpty(size(self.columns, self.rows)).unwrap();
        let tty = Tty::open(&pty.master.tty_name().unwrap());
        let modes_before = tty.modes();
        let output = Arc::new(Output::new(self.columns, self.rows));
        let reader = output.read_from(pty.master.try_clone_reader().unwrap());
        let writer = pty.master.take_writer().unwrap();
        let child = pty.slave.spawn_command(command).unwrap();
        Session {
            child,
            line: Some(PtyMaster { master: pty.master, writer }),
            reader: Some(reader),
            output,
            tty,
            modes_before,
            home,
        }
    }
}

const BINARY: &str = env!("CARGO_BIN_EXE_savepeek");

/// The demo as a shell command.
pub fn demo_command() -> String {
    format!("{BINARY} demo")
}

/// An environment without configuration, credentials or multiplexer.
pub fn environment(home: &TempDir) -> Vec<(String, String)> {
    let home = home.path().display();
    let path = std::env::var("PATH").unwrap();
    [
        ("PATH", path),
        ("HOME", home.to_string()),
        ("XDG_CONFIG_HOME", format!("{home}/config")),
        ("XDG_STATE_HOME", format!("{home}/state")),
        ("XDG_CACHE_HOME", format!("{home}/cache")),
        ("TERM", "xterm-256color".to_owned()),
        ("LC_ALL", "C.UTF-8".to_owned()),
        ("TZ", "UTC".to_owned()),
        ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

/// The terminal's end of the PTY.
struct PtyMaster {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
}

/// A program in a terminal.
pub struct Session {
    child: Box<dyn Child + Send + Sync>,
    line: Option<PtyMaster>,
    reader: Option<JoinHandle<()>>,
    output: Arc<Output>,
    tty: Tty,
    modes_before: String,
    home: TempDir,
}

impl Session {
    /// Types text.
    pub fn send(&mut self, keys: &str) {
        self.send_bytes(keys.as_bytes());
    }

    /// Types bytes, which need not be UTF-8.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.line.as_mut().unwrap().writer.write_all(bytes).unwrap();
    }

    /// Resizes the window.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.output.lock().emulator.set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
        self.line.as_ref().unwrap().master.resize(size(columns, rows)).unwrap();
    }

    /// Waits until a text is on the screen.
    pub fn wait_for(&self, text: &str) {
        self.wait(&format!("{text:?} on the screen"), |seen| {
            seen.emulator.screen().contents().contains(text)
        });
    }

    /// Waits until savepeek has drawn its screen and read the watch list.
    pub fn wait_until_drawn(&self) {
        self.wait("savepeek's screen", |seen| {
            let screen = seen.emulator.screen();
            let text = screen.contents();
            screen.alternate_screen()
                && text.contains("savepeek")
                && !text.contains("reading the watch list")
        });
    }

    /// Waits until the terminal emulator is back on its main screen with all modes reset, and every
    /// saved title is restored.
    pub fn wait_until_restored(&self) {
        self.wait("the terminal to be restored", |seen| {
            let titles = |sequence| super::count(&seen.bytes, sequence);
            left_on(seen.emulator.screen()).is_empty()
                && titles("\x1b[22;0t") == titles("\x1b[23;0t")
        });
    }

    /// Waits until a condition on the output is true.
    pub fn wait(&self, what: &str, condition: impl Fn(&Captured) -> bool) {
        self.wait_at_most(DEADLINE, what, condition);
    }

    /// The same with another deadline.
    pub fn wait_at_most(&self, time: Duration, what: &str, condition: impl Fn(&Captured) -> bool) {
        if !self.output.wait(time, &condition) {
            let bytes = self.bytes();
            panic!(
                "timed out waiting for {what}; the screen:\n{}\nthe last bytes: {}",
                self.screen(),
                bytes[bytes.len().saturating_sub(400)..].escape_ascii(),
            );
        }
    }

    /// Whether nothing at all is written during this time.
    pub fn stays_silent_for(&self, time: Duration) -> bool {
        let before = self.written();
        !self.output.wait(time, |seen| seen.bytes.len() != before)
    }

    /// How many bytes were written so far.
    pub fn written(&self) -> usize {
        self.output.lock().bytes.len()
    }

    /// The bytes written so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.output.lock().bytes.clone()
    }

    /// The text on the screen.
    pub fn screen(&self) -> String {
        self.output.lock().emulator.screen().contents()
    }

    /// The home of the program.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The process that was started.
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Sends a signal to the process that was started.
    pub fn signal(&self, signal: Signal) {
        let pid = self.pid().cast_signed();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Sends a signal to the leader of the job in the foreground.
    pub fn signal_foreground(&self, signal: Signal) {
        let master = &self.line.as_ref().unwrap().master;
        let leader = master.process_group_leader().unwrap();
        kill_process(Pid::from_raw(leader).unwrap(), signal).unwrap();
    }

    /// The program's side of the PTY.
    pub fn tty(&self) -> &Tty {
        &self.tty
    }

    /// Stops reading what the program writes.
    pub fn stop_reading(&mut self) {
        if let Some(reader) = self.reader.take() {
            self.output.closing.store(true, Ordering::SeqCst);
            // The reader wakes up when there is something to read.
            self.tty.print("\0");
            reader.join().unwrap();
        }
    }

    /// Closes the terminal's side of the PTY.
    pub fn hang_up(&mut self) {
        self.stop_reading();
        self.line = None;
    }

    /// Waits for the process to end and returns its exit code.
    pub fn exit(&mut self) -> u32 {
        let within = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert_eq!(
                    status.signal(),
                    None,
                    "killed by a signal; the screen:\n{}",
                    self.screen()
                );
                return status.exit_code();
            }
            assert!(Instant::now() < within, "it does not end; the screen:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Asserts that the terminal is as it was: screen, cursor, paste mode, mouse, colours, termios.
    pub fn assert_restored(&self) {
        self.wait_until_restored();
        self.assert_modes_restored();
    }

    /// Asserts that the termios modes are as they were; this needs no output.
    pub fn assert_modes_restored(&self) {
        assert_eq!(self.tty.modes(), self.modes_before);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped_already = self.child.wait();
    }
}

/// The modes that are still on and must be off when a program has ended.
fn left_on(screen: &vt100::Screen) -> Vec<&'static str> {
    let colours = [screen.fgcolor(), screen.bgcolor()] != [vt100::Color::Default; 2];
    [
        (screen.alternate_screen(), "alternate screen"),
        (screen.hide_cursor(), "hidden cursor"),
        (screen.bracketed_paste(), "bracketed paste"),
        (screen.application_keypad() || screen.application_cursor(), "application keys"),
        (screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None, "mouse"),
        (colours || screen.bold() || screen.inverse() || screen.underline(), "attributes"),
    ]
    .into_iter()
    .filter_map(|(on, mode)| on.then_some(mode))
    .collect()
}

/// The output of the terminal, as bytes and as the emulator shows it.
pub struct Captured {
    pub bytes: Vec<u8>,
    pub emulator: vt100::Parser,
}

/// The output, shared between the reading thread and the waiting test.
struct Output {
    seen: Mutex<Captured>,
    changed: Condvar,
    closing: AtomicBool,
}

impl Output {
    fn new(columns: u16, rows: u16) -> Self {
        let emulator = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
        Self {
            seen: Mutex::new(Captured { bytes: Vec::new(), emulator }),
            changed: Condvar::new(),
            closing: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Captured> {
        self.seen.lock().unwrap()
    }

    fn wait(&self, time: Duration, condition: impl Fn(&Captured) -> bool) -> bool {
        let waiting = |seen: &mut Captured| !condition(seen);
        let (_seen, result) = self.changed.wait_timeout_while(self.lock(), time, waiting).unwrap();
        !result.timed_out()
    }

    fn read_from(self: &Arc<Self>, mut master: Box<dyn Read + Send>) -> JoinHandle<()> {
        let output = Arc::clone(self);
        std::thread::spawn(move || {
            let mut buffer = [0; 16384];
            while let Ok(count @ 1..) = master.read(&mut buffer) {
                let mut seen = output.lock();
                seen.bytes.extend_from_slice(&buffer[..count]);
                seen.emulator.process(&buffer[..count]);
                drop(seen);
                output.changed.notify_all();
                if output.closing.load(Ordering::SeqCst) {
                    break;
                }
            }
        })
    }
}
