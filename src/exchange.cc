#include "exchange.h"

#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <forward_list>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>

#include "access_log.h"
#include "body_spool.h"
#include "cgi.h"
#include "cgi_environment.h"
#include "connection.h"
#include "error_page.h"
#include "file.h"
#include "forwarded.h"
#include "listing.h"
#include "media_type.h"
#include "proxy_header.h"
#include "reply.h"
#include "request.h"
#include "response.h"
#include "sandbox.h"

namespace cgihttpd {

namespace {

bool is_peer_gone(const std::error_code& code) {
  return code == std::errc::broken_pipe ||
         code == std::errc::connection_reset || code == std::errc::timed_out ||
         // Where the network is, why TCP gave up is told instead.
         code == std::errc::host_unreachable ||
         code == std::errc::network_unreachable;
}

// Only the body of a request needs room on a disk, or in memory like one.
bool is_out_of_room(const std::error_code& code) {
  return code.category() == std::generic_category() &&
         (code.value() == ENOSPC || code.value() == EDQUOT ||
          code.value() == EFBIG);
}

// The refusal that a failure of `call` asks for; none where it did its work,
// or where the peer is gone and nobody is left to be told.
template <typename Call>
std::optional<Refusal> failure_of(Call call) {
  try {
    call();
    return std::nullopt;
  } catch (const HttpError& error) {
    if (error.status() == Status::bad_gateway)
      return Refusal{error.status(), {}, error.what()};
    return Refusal{error.status(), error.what()};
  } catch (const std::system_error& error) {
    if (is_peer_gone(error.code())) return std::nullopt;
    return Refusal{is_out_of_room(error.code()) ? Status::insufficient_storage
                                                : Status::internal_server_error,
                   {},
                   error.what()};
  } catch (const std::exception& error) {
    return Refusal{Status::internal_server_error, {}, error.what()};
  }
}

class Exchange {
 public:
  Exchange(const Options& options, const Log& log, Site& site,
           const Guard& guard, const Activation& activation)
      : options_{options},
        log_{log},
        site_{site},
        guard_{guard},
        activation_{activation},
        end_{options.connection_timeout ? start_ + *options.connection_timeout
                                        : Deadline::max()},
        connection_{activation.kind, options.send_timeout, end_},
        reply_{connection_, options},
        sandbox_{options} {
    set_remote(activation.remote);
  }

  void run();

 private:
  void restrict_self();
  void keep_to_answering(const File* file);
  bool take_proxy_header(Deadline deadline);
  bool find_client(const Request& request);
  void set_remote(Endpoint remote);
  void serve();
  void note_head();
  [[nodiscard]] Resource find(const Request& request) const;
  void refuse_head();
  void answer(const Request& request);
  void answer(const Request& request, const File& file);
  void answer(const Request& request, Directory& directory);
  void answer(const Request& request, const Script& script);
  void answer(const Request& request, const Redirect& redirect);
  void answer(const Request& request, const MethodList& methods);
  void answer(const Request& request, const Refusal& refusal);
  void follow(const Request& request, const LocalRedirect& redirect);
  void answer_chunked(const Request& request, const Script& script);
  void run_script(const Request& request, const Script& script, int body_file);
  [[nodiscard]] std::optional<std::chrono::seconds> script_time() const;
  void become(const ScriptRun& run);
  void refuse(const Refusal& refusal);
  void report(const Refusal& refusal) const;
  [[nodiscard]] std::optional<File> find_error_page(Status status);
  void send_file(ResponseHead& head, const File& file,
                 const FileContent& content);
  void finish();
  void end_script();
  void write_access_line(std::optional<std::uint64_t> body_octets);

  const Options& options_;
  const Log& log_;
  Site& site_;
  const Guard& guard_;
  Activation activation_;
  Clock::time_point start_ = Clock::now();
  Deadline end_;
  Connection connection_;
  Reply reply_;
  Sandbox sandbox_;

  Head head_;
  Request request_;  // as the client sent it
  // The end of the process closes them, for one call less each.
  std::forward_list<Resource> resources_;
  AccessRecord record_;
  std::string user_;  // whose password was right
  ScriptAnswer script_answer_;
  bool has_unread_body_ = false;
  bool is_logged_ = false;
  bool was_script_started_ = false;
  int local_redirects_ = 0;
  bool is_aborted_ = false;
};

void Exchange::run() {
  restrict_self();
  if (auto failure = failure_of([&] { serve(); })) {
    has_unread_body_ = true;
    if (record_.time == Instant{}) note_head();
    if (failure->status == Status::bad_gateway && options_.confine)
      failure->detail += ": does it want what --confine takes (--writable)?";
    if (script_answer_.script) script_answer_.script->terminate();
    // Where that is what failed, the error is told without it.
    static_cast<void>(failure_of([&] { keep_to_answering(nullptr); }));
    // What fails now, too, has no one left to be told.
    static_cast<void>(failure_of([&] { refuse(*failure); }));
  }
  finish();
}

// Before the first octet is read. What checks passwords is opened later.
void Exchange::restrict_self() {
  if (site_.may_have_scripts() || !options_.protections.empty()) {
    sandbox_.drop_rare_calls();
  } else {
    log_.connect();
    sandbox_.keep_to_answering(site_.root().fd(), Sandbox::TypeTable::needed);
  }
}

// The answer is ours: `file`, or something else that is no script's. Where a
// script was started, it may have to be ended yet.
void Exchange::keep_to_answering(const File* file) {
  if (was_script_started_ || sandbox_.is_answering()) return;
  // An error page may be of any type.
  const bool is_table_needed =
      !options_.error_pages.empty() ||
      (file != nullptr && !find_media_type(file->name));
  log_.connect();
  sandbox_.keep_to_answering(site_.root().fd(),
                             is_table_needed ? Sandbox::TypeTable::needed
                                             : Sandbox::TypeTable::unneeded);
}

void Exchange::serve() {
  const Deadline deadline = start_ + options_.head_timeout;
  if (options_.proxy_protocol && !take_proxy_header(deadline)) return;
  head_ = connection_.read_head(deadline);
  note_head();
  if (head_.end != HeadEnd::complete) {
    refuse_head();
    return;
  }
  const auto failure =
      failure_of([&] { parse_request(head_.octets, request_); });
  record_.host = request_.host.host;
  record_.referer = request_.find_field("Referer").value_or("");
  record_.user_agent = request_.find_field("User-Agent").value_or("");
  if (!find_client(request_)) return;
  has_unread_body_ = failure || request_.has_body();
  if (failure) {
    refuse(*failure);
    return;
  }
  site_.select_host(request_.host);
  answer(request_);
}

void Exchange::note_head() {
  record_.time = current_instant();
  record_.request_line = request_line_of(head_.octets);
  reply_.prepare(std::chrono::floor<std::chrono::seconds>(record_.time),
                 record_.request_line.starts_with("HEAD ")
                     ? Reply::Content::unwanted
                     : Reply::Content::wanted);
}

void Exchange::answer(const Request& request) {
  Admission admission = guard_.admit(request_, request.target.path);
  if (admission.refusal) {
    refuse(*admission.refusal);
    return;
  }
  user_ = std::move(admission.user);
  if (!user_.empty()) record_.user = user_;
  Resource& resource = resources_.emplace_front(find(request));
  if (!std::holds_alternative<Script>(resource))
    keep_to_answering(std::get_if<File>(&resource));
  std::visit([&](auto& found) { answer(request, found); }, resource);
}

// What it names. Passwords are nobody's, wherever their file is.
Resource Exchange::find(const Request& request) const {
  Resource resource = site_.find(request);
  if (!guard_.is_password_file(resource)) return resource;
  return Refusal{Status::not_found, "File not found",
                 "it is a password file: keep it outside of the root"};
}

void Exchange::set_remote(Endpoint remote) {
  activation_.remote = std::move(remote);
  record_.remote_address = activation_.remote.address;
  record_.remote_port = activation_.remote.port;
}

// False: there is none. What follows is then read by nobody, and gets no
// answer: the protocol wants the connection aborted.
bool Exchange::take_proxy_header(Deadline deadline) {
  const Head head = connection_.read_proxy_header(deadline);
  const auto said = head.end == HeadEnd::complete
                        ? parse_proxy_header(head.octets)
                        : std::nullopt;
  if (!said) {
    is_aborted_ = true;
    // Who only connects, to see whether we are there, is no event.
    if (!head.octets.empty()) {
      report({.detail = "no valid PROXY header came: closed without answer: "
                        "let only the proxy connect, or give no "
                        "--proxy-protocol"});
    }
    return false;
  }
  if (said->ends) {
    set_remote(said->ends->source);
    activation_.local = said->ends->destination;
  }
  activation_.is_tls = activation_.is_tls || said->is_tls;
  return true;
}

// False: refused.
bool Exchange::find_client(const Request& request) {
  auto found = find_forwarded_client(request, activation_.remote, options_);
  if (const auto* refusal = std::get_if<Refusal>(&found)) {
    has_unread_body_ = true;
    refuse(*refusal);
    return false;
  }
  auto& client = std::get<ForwardedClient>(found);
  set_remote(std::move(client.remote));
  if (client.scheme != ClientScheme::untold)
    activation_.is_tls = client.scheme == ClientScheme::https;
  return true;
}

// A client that only connected is no event: browsers do so in advance, and
// would take an answer for that of their next request.
void Exchange::refuse_head() {
  has_unread_body_ = true;
  const bool is_empty = record_.request_line.empty();
  switch (head_.end) {
    case HeadEnd::line_too_long: refuse({Status::uri_too_long}); break;
    case HeadEnd::head_too_long:
      refuse({Status::request_header_fields_too_large});
      break;
    case HeadEnd::timed_out:
      if (!is_empty) refuse({Status::request_timeout});
      break;
    case HeadEnd::closed:
      if (!is_empty) refuse({Status::bad_request, "The request has no end"});
      break;
    default:
      refuse({Status::bad_request,
              "A control character, or a line that does not end with CRLF",
              {},
              {}});
  }
}

void Exchange::answer(const Request& request, const File& file) {
  const auto selected = select_content(request, file, record_.time);
  if (const auto* refusal = std::get_if<Refusal>(&selected)) {
    refuse(*refusal);
    return;
  }
  const auto& content = std::get<FileContent>(selected);
  ResponseHead head = reply_.head_for(content.status);
  add_file_fields(head, file, content);
  if (options_.max_age) {
    head.add("Cache-Control",
             "max-age=" + std::to_string(options_.max_age->count()));
  }
  send_file(head, file, content);
}

void Exchange::send_file(ResponseHead& head, const File& file,
                         const FileContent& content) {
  reply_.send_file(head, file, content);
  if (reply_.is_truncated())
    report({.detail = "the file became shorter while it was sent"});
}

void Exchange::answer(const Request& request, Directory& directory) {
  ResponseHead head = reply_.head_for(Status::ok);
  reply_.send_page(
      head, listing_page(request.target.path, std::move(directory.entries),
                         parse_listing_order(request.target.query)));
}

void Exchange::answer(const Request&, const Redirect& redirect) {
  ResponseHead head = reply_.head_for(Status::moved_permanently);
  head.add("Location", redirect.location);
  reply_.send_page(head, redirect_page(redirect.location));
}

void Exchange::answer(const Request&, const MethodList& methods) {
  ResponseHead head = reply_.head_for(Status::no_content);
  head.add("Allow", methods.allow);
  reply_.send(head);
}

void Exchange::answer(const Request&, const Refusal& refusal) {
  refuse(refusal);
}

void Exchange::answer(const Request& request, const Script& script) {
  if (request.content_length.value_or(0) > options_.max_body) {
    refuse({Status::content_too_large});
  } else if (request.is_chunked) {
    answer_chunked(request, script);
  } else {
    constexpr int in_the_connection = -1;
    run_script(request, script, in_the_connection);
  }
}

// A script is told the size of its body (RFC 3875 4.1.2), which is known when
// all of it has come. It does not come in vain, as far as one can tell.
void Exchange::answer_chunked(const Request& request, const Script& script) {
  if (const auto problem = find_start_problem(script)) {
    refuse(refusal_for(*problem, script));
    return;
  }
  send_continue(connection_, request);
  const auto spooled = spool_body(connection_, options_.max_body);
  if (const auto* refusal = std::get_if<Refusal>(&spooled)) {
    refuse(*refusal);
    return;
  }
  const auto& body = std::get<SpooledBody>(spooled);
  has_unread_body_ = false;
  Request sized = request;
  sized.is_chunked = false;
  sized.expects_continue = false;
  sized.content_length = body.size;
  run_script(sized, script, body.file.get());
}

void Exchange::run_script(const Request& request, const Script& script,
                          int body_file) {
  record_.script_name = script.script_name;
  const Root& root = site_.root();
  const ScriptCommand command{
      script, cgi_arguments(options_, request),
      cgi_environment({.options = options_,
                       .activation = activation_,
                       .local = find_local_end(activation_),
                       .request = request,
                       .script = script,
                       .document_root = site_.root_path(),
                       .user = user_},
                      environ),
      options_.script_limits,
      sandbox_.confinement_for(
          root.fd(), script.folder.get(),
          script.handler.empty() ? script.program : script.handler)};
  const ScriptRun run{connection_,     log_,      request,      script, command,
                      reply_.common(), body_file, script_time()};
  if (options_.cgi_output == CgiOutput::direct ||
      has_non_parsed_header(script)) {
    become(run);
    return;
  }
  was_script_started_ = true;
  const RelayEnd end = relay_script(run, script_answer_);
  // After a local redirect, the body of the first request may still come.
  if (request.has_body()) has_unread_body_ = script_answer_.has_unread_body;
  if (const auto* refusal = std::get_if<Refusal>(&end)) refuse(*refusal);
  if (const auto* redirect = std::get_if<LocalRedirect>(&end))
    follow(request, *redirect);
}

// No script runs for longer than the connection may last.
std::optional<std::chrono::seconds> Exchange::script_time() const {
  if (!options_.connection_timeout) return options_.cgi_timeout;
  const auto left =
      std::max(std::chrono::ceil<std::chrono::seconds>(end_ - Clock::now()),
               std::chrono::seconds{1});
  return std::min(options_.cgi_timeout.value_or(left), left);
}

// RFC 3875 6.2.2: as if the client had asked for the path, and by the same way:
// a script reaches nothing that a client cannot.
void Exchange::follow(const Request& request, const LocalRedirect& redirect) {
  constexpr int max_local_redirects = 10;
  const auto redirected = redirect_request(request, redirect.target);
  if (!redirected || ++local_redirects_ > max_local_redirects) {
    throw HttpError{Status::bad_gateway, redirected
                                             ? "too many local redirects"
                                             : "a local redirect to no path"};
  }
  reply_.add_cookies(redirect.cookies);
  answer(*redirected);
}

// The handler does not come back from a script that it has become: everything
// of its own is done before.
void Exchange::become(const ScriptRun& run) {
  if (const auto problem = find_start_problem(run.script)) {
    refuse(refusal_for(*problem, run.script));
    return;
  }
  // Landlock lets it be connected to wherever the script likes.
  if (options_.confine && !options_.allow_network &&
      is_multipath_socket(STDOUT_FILENO)) {
    refuse({Status::internal_server_error,
            {},
            "an MPTCP connection cannot be given to a confined script: use "
            "SocketProtocol=tcp, or --allow-network"});
    return;
  }
  send_continue(connection_, run.request);
  DirectOutput output = DirectOutput::to_client;
  if (!has_non_parsed_header(run.script)) {
    ResponseHead head = reply_.head_for(Status::ok, "Script output follows");
    reply_.begin_for_script(head);
    if (!reply_.is_content_wanted()) output = DirectOutput::nowhere;
  }
  // What the script will say is not known.
  record_.status = has_non_parsed_header(run.script)
                       ? std::nullopt
                       : std::optional{reply_.status()};
  write_access_line(std::nullopt);
  refuse(refusal_for(become_script_on_connection(run, output), run.script));
}

// Tells the client, where that is still possible, and the administrator.
void Exchange::refuse(const Refusal& refusal) {
  keep_to_answering(nullptr);
  report(refusal);
  if (reply_.has_begun() || script_answer_.has_begun) return;
  ResponseHead head = reply_.head_for(refusal.status);
  if (!refusal.field_name.empty())
    head.add(refusal.field_name, refusal.field_value);
  if (const auto page = find_error_page(refusal.status)) {
    const FileContent content = whole_content(*page);
    add_file_fields(head, *page, content);
    send_file(head, *page, content);
  } else {
    reply_.send_page(head, error_page(refusal));
  }
}

// The administrator's page for an error.
std::optional<File> Exchange::find_error_page(Status status) {
  const auto& pages = options_.error_pages;
  const auto named = std::ranges::find(pages, status, &ErrorPage::status);
  if (named == pages.end()) return std::nullopt;
  std::optional<File> page;
  // The error that it is about is to be told in any case.
  static_cast<void>(failure_of([&] { page = site_.find_page(named->path); }));
  if (page && guard_.is_password_file(*page)) page.reset();
  if (!page) {
    report({.detail = "--error-page: " + named->path +
                      " cannot be sent: make it, or mend the option"});
  }
  return page;
}

void Exchange::report(const Refusal& refusal) const {
  if (refusal.detail.empty()) return;
  std::string subject{record_.remote_address};
  if (!subject.empty() && !record_.request_line.empty()) subject += ' ';
  log_.report(subject.append(record_.request_line), refusal.detail);
}

void Exchange::finish() {
  if (is_aborted_) return;
  if (log_.has_fields() || options_.log_format == LogFormat::json) {
    record_.duration =
        std::chrono::floor<std::chrono::microseconds>(Clock::now() - start_);
  }
  static_cast<void>(failure_of([&] { end_script(); }));
  if (script_answer_.has_begun) {
    record_.status = script_answer_.status;
    write_access_line(script_answer_.body_octets);
  } else if (reply_.has_begun()) {
    record_.status = reply_.status();
    write_access_line(reply_.content_octets());
  } else if (head_.end == HeadEnd::complete && !head_.octets.empty()) {
    record_.status = Status::client_closed_request;
    write_access_line(0);
  }
  const bool expects_body = has_unread_body_ || script_answer_.has_unread_body;
  // All is said: that the machine fails now is no news.
  static_cast<void>(failure_of([&] {
    connection_.linger(expects_body ? Connection::Expecting::body
                                    : Connection::Expecting::nothing);
  }));
}

// The client, which has its answer or is gone, does not wait for the end of a
// script that runs still.
void Exchange::end_script() {
  if (!script_answer_.script) return;
  connection_.finish_sending();
  if (!options_.keep_running) script_answer_.script->terminate();
  wait_for_script(script_answer_);
}

void Exchange::write_access_line(std::optional<std::uint64_t> body_octets) {
  if (is_logged_) return;
  is_logged_ = true;
  if (!log_.has_access_lines()) return;
  record_.body_octets = body_octets;
  record_.script_cpu = script_answer_.cpu_time;
  std::vector<std::string> fields;
  if (log_.has_fields()) fields = access_fields(record_);
  log_.write(format_access_line(record_, options_.log_format),
             Urgency::information, fields);
}

}  // namespace

void answer_request(const Options& options, const Log& log, Site& site,
                    const Guard& guard, const Activation& activation) {
  Exchange exchange{options, log, site, guard, activation};
  exchange.run();
  // The kernel takes back at once what destructors give back one by one. A
  // sanitizer looks whether they do.
  if (CGIHTTPD_SANITIZED == 0) ::_exit(EX_OK);
}

}  // namespace cgihttpd
