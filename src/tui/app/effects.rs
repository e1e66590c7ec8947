//! Performs effects without blocking the event loop.

use super::event::Completion;
use super::{App, exit_on_error};
use crate::poller::Command;
use crate::tui::effect::Effect;
use crate::tui::message::{Message, Outcome};
use crate::tui::terminal::multiplexer::Multiplexer;
use crate::tui::terminal::{self, clipboard, job_control, notification};

impl App {
    pub(super) fn perform(&mut self, effect: Effect) -> Result<(), terminal::Error> {
        match effect {
            Effect::Poller(command) => self.send(command),
            Effect::Copy(clip) => self.spawn(async move {
                let delivery = clipboard::deliver(
                    &clip.text,
                    Multiplexer::detect(|name| std::env::var_os(name)),
                )
                .await;
                Completion::Copy { what: clip.what, delivery }
            }),
            Effect::Save(edits) => self.watch_list.save(edits),
            Effect::ReadWatchList => {
                let read = self.watch_list.read(self.state.settings.allow_http);
                self.spawn(async move { Completion::Outcome(read.await) });
            }
            Effect::Alert(alert) => {
                let notify = self.state.alerts.policy.notify;
                let bytes = notification::encode(&alert, notify, |name| std::env::var_os(name));
                exit_on_error(self.screen.alert(bytes));
            }
            Effect::OnChange(news) => {
                if let Some(on_change) = &self.on_change {
                    let run = on_change.run(*news);
                    self.spawn(async move { Completion::Outcome(Outcome::Ran(run.await)) });
                }
            }
            Effect::Record(entries) => {
                if let Some(report) = self.journal.record(entries) {
                    return self.apply([Message::Done(Outcome::Journal(report))]);
                }
            }
            Effect::Identify(profile) => {
                let identity = (self.fetch_identity)(profile);
                self.spawn(async move {
                    let (profile, identity) = identity.await;
                    Completion::Outcome(Outcome::Identity(profile, identity))
                });
            }
            Effect::OpenDemo => {
                let targets = (self.start_demo)();
                self.spawn(async move { Completion::Outcome(Outcome::Demo(targets.await)) });
            }
            Effect::Repaint => self.repaint(),
            Effect::Suspend => self.suspend()?,
            Effect::Quit => self.exit = Some(0),
        }
        Ok(())
    }

    /// Queues a command for the poller, unless its task has ended.
    fn send(&mut self, command: Command) {
        if self.poller_alive {
            self.commands.push_back(command);
        }
    }

    /// Performs an effect in a task, which sends its completion back to the loop.
    fn spawn(&self, effect: impl Future<Output = Completion> + Send + 'static) {
        let sender = self.completions_sender.clone();
        tokio::spawn(async move {
            let _loop_ended = sender.send(effect.await).await;
        });
    }

    /// Stops the process until it is continued, or reports why it cannot be stopped.
    pub(super) fn suspend(&mut self) -> Result<(), terminal::Error> {
        if let Err(reason) = job_control::can_stop() {
            return self.apply([Message::Done(Outcome::CannotSuspend(reason.to_owned()))]);
        }
        // A blocked terminal cannot be restored for the shell yet: suspends once it has drained.
        self.suspend_pending = self.screen.is_blocked();
        if self.suspend_pending {
            return Ok(());
        }
        self.input.close();
        self.screen.suspend(job_control::stop)?;
        self.input.reopen();
        self.apply([Message::Resumed])
    }
}
