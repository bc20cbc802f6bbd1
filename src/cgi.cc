#include "cgi.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "body_pump.h"
#include "error_lines.h"
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

class Relay {
 public:
  Relay(const ScriptRun& run, RelayEnds ends)
      : run_{run},
        body_{std::move(ends.input), body_octets_to_relay(run)},
        errors_{std::move(ends.error), run.log, run.script.script_name},
        output_{std::move(ends.output), run.connection, run.request,
                run.common} {}

  [[nodiscard]] const auto& local_redirect() const {
    return output_.local_redirect();
  }

  void pass_on(ScriptProcess process, ScriptAnswer& answer) {
    const AnswerKeeper keeper{*this, answer};
    Writer writer = Writer::running;
    for (;;) {
      body_.step();
      output_.step(writer);
      if (writer != Writer::running && output_.is_done()) break;
      if (wait(process.end_event())) {
        if (const auto status = process.try_wait()) writer = take_end(*status);
      }
    }
    if (output_.is_truncated()) {
      run_.log.report(run_.script.script_name, "its answer is not whole");
    }
  }

 private:
  // Says how far the answer has come, however the relay ends.
  struct AnswerKeeper {
    AnswerKeeper(const Relay& keeper_of, ScriptAnswer& kept)
        : relay{keeper_of}, answer{kept} {}
    AnswerKeeper(const AnswerKeeper&) = delete;
    AnswerKeeper& operator=(const AnswerKeeper&) = delete;
    ~AnswerKeeper() {
      answer = {relay.output_.status(), relay.output_.body_octets(),
                relay.output_.has_begun(), relay.body_.has_rest()};
    }
    const Relay& relay;
    ScriptAnswer& answer;
  };

  // Waits until one of the pumps can go on, and reads the error lines that are
  // there. Returns whether the script may have ended.
  bool wait(int end_event) {
    using Body = BodyPump::Waiting;
    using Output = OutputPump::Waiting;
    const auto fd_if = [](bool condition, int fd) {
      return condition ? fd : -1;
    };
    std::array<pollfd, 6> waiting{{
        {end_event, POLLIN, 0},
        {errors_.pipe(), POLLIN, 0},
        {fd_if(body_.waiting() == Body::for_client, STDIN_FILENO), POLLIN, 0},
        {fd_if(body_.waiting() == Body::for_script, body_.pipe()), POLLOUT, 0},
        {fd_if(output_.waiting() == Output::for_client, STDOUT_FILENO), POLLOUT,
         0},
        {fd_if(output_.waiting() == Output::for_script, output_.pipe()), POLLIN,
         0},
    }};
    std::optional<Deadline> deadline;
    const Deadline start = Clock::now();
    if (output_.waiting() == Output::for_client) {
      deadline = start + run_.connection.patience();
    } else if (output_.waiting() == Output::for_end) {
      deadline = output_.end_deadline();
    }
    const bool is_ready = wait_for_any(waiting, deadline);
    if (output_.waiting() == Output::for_client) {
      if (!is_ready) throw_error(ETIMEDOUT, "send");
      run_.connection.count_waiting(Clock::now() - start);
    }
    if (waiting[1].revents != 0) errors_.step();
    return waiting[0].revents != 0;
  }

  Writer take_end(int status) {
    const std::string end = describe_end(status);
    if (!end.empty()) run_.log.report(run_.script.script_name, end);
    return WIFSIGNALED(status) ? Writer::killed : Writer::ended;
  }

  const ScriptRun& run_;
  BodyPump body_;
  ErrorLines errors_;
  OutputPump output_;
};

}  // namespace

RelayEnd relay_script(const ScriptRun& run, ScriptAnswer& answer) {
  auto [script_ends, relay_ends] = make_ends(run);
  // Before the process: its last lines are read when it has ended.
  Relay relay{run, std::move(relay_ends)};
  auto started = ScriptProcess::start(
      run.command, {script_ends.input.get(), script_ends.output.get(),
                    script_ends.error.get()});
  if (const auto* failure = std::get_if<StartFailure>(&started))
    return refusal_for(*failure, run.script);
  script_ends = {};
  run.connection.set_blocking(Blocking::no);
  if (body_octets_to_relay(run) > 0 &&
      run.connection.kind() == ConnectionKind::socket) {
    inline_urgent_octets(STDIN_FILENO);
  }
  send_continue(run.connection, run.request);
  relay.pass_on(std::move(std::get<ScriptProcess>(started)), answer);
  if (const auto& redirect = relay.local_redirect()) return *redirect;
  return {};
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
    default:
      refusal.status = Status::forbidden;
      refusal.message =
          "CGI script cannot be executed ('" + script.script_name + "')";
  }
  refusal.detail =
      std::string{failure.stage} + ": " + std::strerror(failure.error);
  if (failure.error == ENOEXEC)
    refusal.detail += ": a script begins with #! and its interpreter";
  if (failure.error == ENOENT)
    refusal.detail += ": is its interpreter there, without CR at its end?";
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
                        null.fd ? null.fd.get() : STDOUT_FILENO, error.get()});
}

}  // namespace cgihttpd
