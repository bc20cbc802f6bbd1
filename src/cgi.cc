#include "cgi.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "body_pump.h"
#include "output_pump.h"

namespace cgihttpd {

namespace {

// The script's ends of its pipes; closed as soon as it has them.
struct ScriptEnds {
  UniqueFd input;
  UniqueFd output;
  UniqueFd error;
};

// Our ends.
struct RelayEnds {
  UniqueFd input;
  UniqueFd output;
  UniqueFd error;
};

// How much of the body is to be passed on from the connection.
std::uint64_t body_octets_to_relay(const ScriptRun& run) {
  return run.body_file < 0 ? run.request.content_length.value_or(0) : 0;
}

std::pair<ScriptEnds, RelayEnds> make_ends(const ScriptRun& run) {
  Pipe input;
  if (run.body_file >= 0) {
    input.reading = duplicate(run.body_file);
  } else if (body_octets_to_relay(run) > 0) {
    input = make_pipe();
  } else {
    OpenResult null = open_path("/dev/null", O_RDONLY);
    if (!null.fd) throw_error(null.error, "open", "/dev/null");
    input.reading = std::move(null.fd);
  }
  Pipe output = make_pipe();
  Pipe error = make_pipe();
  return {ScriptEnds{std::move(input.reading), std::move(output.writing),
                     std::move(error.writing)},
          RelayEnds{std::move(input.writing), std::move(output.reading),
                    std::move(error.reading)}};
}

// A script has ended: its last lines are logged.
void take_end(const ScriptEnd& end, ScriptAnswer& answer) {
  answer.cpu_time =
      answer.cpu_time.value_or(std::chrono::microseconds{}) + end.cpu_time;
  answer.script.reset();
}

std::optional<Deadline> earlier(std::optional<Deadline> a,
                                std::optional<Deadline> b) {
  if (a && b) return std::min(*a, *b);
  return a ? a : b;
}

// What may be waited for: the place of each in what is polled.
enum Place : std::size_t {
  script_end,
  script_error,
  client_input,
  script_input,
  client_output,
  script_output,
  client_end,
  places,
};
using Polled = std::array<pollfd, places>;

class Relay {
 public:
  Relay(const ScriptRun& run, RunningScript& script, RelayEnds ends)
      : run_{run},
        script_{script},
        body_{std::move(ends.input), body_octets_to_relay(run)},
        output_{std::move(ends.output), run.connection, run.request,
                run.common} {}

  [[nodiscard]] const auto& local_redirect() const {
    return output_.local_redirect();
  }

  enum class End { complete, overdue, slow_body };
  [[nodiscard]] End pass_on(ScriptAnswer& answer) {
    const AnswerKeeper keeper{*this, answer};
    send_continue(run_.connection, run_.request);
    for (;;) {
      pass_body_on();
      output_.step(writer(), now_);
      if ((end_ && output_.is_done()) || output_.is_overlong()) break;
      wait();
      if (!end_ && script_.terminate_if_overdue()) return End::overdue;
      if (!end_ && is_body_late_) return End::slow_body;
    }
    if (output_.is_truncated())
      run_.log.report(run_.script.script_name, "its answer is not whole");
    return End::complete;
  }

 private:
  // Says how far the answer has come, and whether the script runs on, however
  // the relay ends.
  struct AnswerKeeper {
    AnswerKeeper(Relay& keeper_of, ScriptAnswer& kept)
        : relay{keeper_of}, answer{kept} {}
    AnswerKeeper(const AnswerKeeper&) = delete;
    AnswerKeeper& operator=(const AnswerKeeper&) = delete;
    ~AnswerKeeper() {
      answer.status = relay.output_.status();
      answer.body_octets = relay.output_.body_octets();
      answer.has_begun = relay.output_.has_begun();
      answer.has_unread_body = relay.body_.has_rest();
      if (relay.end_) {
        take_end(*relay.end_, answer);
      } else {
        relay.script_.drop(relay.output_.take_pipe());
      }
    }
    Relay& relay;
    ScriptAnswer& answer;
  };

  void pass_body_on() {
    const std::uint64_t rest = body_.rest();
    body_.step();
    run_.connection.count_received(rest - body_.rest());
  }

  [[nodiscard]] Writer writer() const {
    if (!end_) return Writer::running;
    return WIFSIGNALED(end_->wait_status) ? Writer::killed : Writer::ended;
  }

  // Whether the client is to get something from a script that still runs.
  [[nodiscard]] bool waits_for_script() const {
    return !end_ && output_.is_awaited() &&
           output_.waiting() != OutputPump::Waiting::for_client;
  }

  // Not a stream's, whose input may end at any time; and what the script has
  // not read yet stands before the end.
  [[nodiscard]] bool looks_for_end_of_input() const {
    return !silence_end_ && waits_for_script() && body_.pipe() < 0 &&
           run_.connection.kind() == ConnectionKind::socket;
  }

  [[nodiscard]] Polled polled() const {
    using Body = BodyPump::Waiting;
    using Output = OutputPump::Waiting;
    const auto fd_if = [](bool condition, int fd) {
      return condition ? fd : -1;
    };
    Polled polled{};
    polled[script_end] = {fd_if(!end_, script_.end_event()), POLLIN, 0};
    polled[script_error] = {script_.error_pipe(), POLLIN, 0};
    polled[client_input] = {
        fd_if(body_.waiting() == Body::for_client, STDIN_FILENO), POLLIN, 0};
    // Without an event, too, poll(2) tells of a script that reads no more, and
    // of a client that is gone.
    polled[script_input] = {body_.pipe(), 0, 0};
    if (body_.waiting() == Body::for_script)
      polled[script_input].events = POLLOUT;
    polled[client_output] = {fd_if(output_.is_awaited(), STDOUT_FILENO), 0, 0};
    if (output_.waiting() == Output::for_client)
      polled[client_output].events = POLLOUT;
    polled[script_output] = {
        fd_if(output_.waiting() == Output::for_script, output_.pipe()), POLLIN,
        0};
    polled[client_end] = {fd_if(looks_for_end_of_input(), STDIN_FILENO),
                          POLLRDHUP, 0};
    return polled;
  }

  // When the client is to be given up: it takes nothing, or is silent as the
  // script is, which may mean that it is gone.
  [[nodiscard]] std::optional<Deadline> client_deadline(Deadline now) const {
    if (output_.waiting() == OutputPump::Waiting::for_client)
      return now + run_.connection.patience();
    return waits_for_script() ? silence_end_ : std::nullopt;
  }

  // When a script that runs still has waited for the client for too long.
  [[nodiscard]] std::optional<Deadline> body_deadline(Deadline now) const {
    if (end_ || body_.waiting() != BodyPump::Waiting::for_client)
      return std::nullopt;
    return now + run_.connection.body_patience();
  }

  // When to go on though nothing has happened to the client.
  [[nodiscard]] std::optional<Deadline> script_deadline() const {
    if (end_) return output_.deadline();
    return earlier(script_.deadline(), output_.deadline());
  }

  // Waits until one of the pumps can go on, and takes what is no pump's.
  void wait() {
    note_silence();
    Polled polled = this->polled();
    const Deadline start = now_;
    const auto give_up = client_deadline(start);
    const auto body_end = body_deadline(start);
    static_cast<void>(wait_for_any(
        polled, earlier(earlier(give_up, body_end), script_deadline()), start));
    now_ = Clock::now();
    note_body(polled, start, body_end);
    if (output_.waiting() == OutputPump::Waiting::for_client)
      run_.connection.count_waiting(now_ - start);
    if (polled[script_error].revents != 0) script_.log_errors();
    if (polled[script_end].revents != 0) end_ = script_.try_wait();
    if ((polled[client_output].revents & (POLLERR | POLLHUP)) != 0)
      throw_error(ECONNRESET, "poll");
    if (give_up && now_ >= *give_up && polled[client_output].revents == 0 &&
        polled[script_output].revents == 0) {
      throw_error(ETIMEDOUT, "poll");
    }
    if (polled[client_end].revents != 0)
      silence_end_ = now_ + max_silence_after_end_of_input;
  }

  // How long the body kept the script waiting; and whether it still has to
  // come.
  void note_body(const Polled& polled, Deadline start,
                 std::optional<Deadline> end) {
    if (body_.waiting() == BodyPump::Waiting::for_client)
      run_.connection.count_body_waiting(now_ - start);
    if ((polled[script_input].revents & POLLERR) != 0) body_.stop();
    is_body_late_ = end && now_ >= *end && body_.pipe() >= 0 &&
                    polled[client_input].revents == 0;
  }

  // What could be sent went to a client that is there.
  void note_silence() {
    const std::uint64_t sent = run_.connection.sent();
    if (silence_end_ && sent != sent_)
      silence_end_ = now_ + max_silence_after_end_of_input;
    sent_ = sent;
  }

  const ScriptRun& run_;
  RunningScript& script_;
  // When something last happened: what is done then takes no time to speak of.
  Deadline now_ = Clock::now();
  BodyPump body_;
  OutputPump output_;
  std::optional<ScriptEnd> end_;
  bool is_body_late_ = false;
  // Set once the client's side of the connection is at its end.
  std::optional<Deadline> silence_end_;
  std::uint64_t sent_ = 0;
};

}  // namespace

RelayEnd relay_script(const ScriptRun& run, ScriptAnswer& answer) {
  answer.has_unread_body = body_octets_to_relay(run) > 0;
  auto [script_ends, relay_ends] = make_ends(run);
  auto started = ScriptProcess::start(
      run.command, {script_ends.input.get(), script_ends.output.get(),
                    script_ends.error.get()});
  if (const auto* failure = std::get_if<StartFailure>(&started))
    return refusal_for(*failure, run.script);
  script_ends = {};
  RunningScript& script = answer.script.emplace(
      std::move(std::get<ScriptProcess>(started)), std::move(relay_ends.error),
      RunningScript::Subject{run.log, run.script.script_name}, run.timeout);
  Relay relay{run, script, std::move(relay_ends)};
  run.connection.set_blocking(Blocking::no);
  if (body_octets_to_relay(run) > 0 &&
      run.connection.kind() == ConnectionKind::socket) {
    inline_urgent_octets(STDIN_FILENO);
  }
  switch (relay.pass_on(answer)) {
    case Relay::End::overdue: return Refusal{Status::gateway_timeout};
    case Relay::End::slow_body:
      return Refusal{
          Status::request_timeout, slow_body_text, slow_body_text, {}};
    case Relay::End::complete: break;
  }
  if (const auto& redirect = relay.local_redirect()) return *redirect;
  return {};
}

void wait_for_script(ScriptAnswer& answer) {
  if (answer.script) take_end(answer.script->wait_for_end(), answer);
}

bool has_non_parsed_header(const Script& script) {
  return script.file_name.starts_with("nph-");
}

Refusal refusal_for(const StartFailure& failure, const Script& script) {
  Refusal refusal;
  switch (failure.error) {
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE: refusal.status = Status::service_unavailable; break;
    case EIO: refusal.status = Status::internal_server_error; break;
    default:
      refusal.status = Status::forbidden;
      refusal.message =
          "CGI script cannot be executed ('" + script.script_name + "')";
  }
  refusal.detail =
      std::string{failure.stage} + ": " + std::strerror(failure.error);
  if (failure.error == ENOEXEC)
    refusal.detail += ": a script begins with #! and its interpreter";
  if (failure.error == ENOENT) {
    refusal.detail += script.handler.empty()
                          ? ": is its interpreter there, without CR at its end?"
                          : ": " + script.handler + ", which --handler names";
  }
  if (failure.error == EPERM)
    refusal.detail += ": is --cgi-limit above a limit of the handler's own?";
  return refusal;
}

void send_continue(Connection& connection, const Request& request) {
  if (request.expects_continue)
    connection.send("HTTP/1.1 100 Continue\r\n\r\n", More::no);
}

StartFailure become_script_on_connection(const ScriptRun& run,
                                         DirectOutput output) {
  const UniqueFd error = run.log.open_error_output();
  OpenResult null;
  if (output == DirectOutput::nowhere) null = open_path("/dev/null", O_WRONLY);
  run.connection.set_blocking(Blocking::yes);
  return become_script(run.command,
                       {run.body_file < 0 ? STDIN_FILENO : run.body_file,
                        null.fd ? null.fd.get() : STDOUT_FILENO, error.get()},
                       run.timeout);
}

}  // namespace cgihttpd
