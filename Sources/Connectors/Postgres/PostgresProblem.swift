import Pipelines

/// What the server says when it refuses a statement: the fields of its error message.
struct ServerError: Error {
  /// SQLSTATE, five characters.
  var state: String
  var message: String
  var detail: String?
  var hint: String?
  var context: String?
  var table: String?
  var column: String?
  var constraint: String?
  var sql: String
}

/// The server's errors in the user's words.
enum PostgresProblem {
  /// From the text of a refused connection, the only thing the library gives.
  static func refusedConnection(_ text: String, _ settings: PostgresSettings) -> Problem {
    let place = "\(settings.host):\(settings.port)"
    let message = text.split(separator: "\n").map { $0.drop { $0 == " " || $0 == "\t" } }.joined(separator: " ")
    func says(_ parts: String...) -> Bool { parts.contains { message.contains($0) } }
    if says(
      "password authentication failed", "no password supplied", "Peer authentication failed", "authentication failed")
    {
      return Problem(
        "authentication-failed",
        "PostgreSQL at \(place) does not accept user \"\(settings.username)\" with this password.",
        hint: "Check the connection's username and password.")
    }
    if says("role \"") && says("does not exist") {
      return Problem(
        "authentication-failed", "PostgreSQL at \(place) has no user \"\(settings.username)\".",
        hint: "Check the connection's username.")
    }
    if says("SSL", "TLS", "certificate") && !says("no pg_hba.conf entry") {
      return Problem(
        "tls-refused",
        "PostgreSQL at \(place) can't be reached with ssl_mode \"\(settings.sslMode.rawValue)\": \(message)",
        hint: "Set ssl_mode to what the server offers (disable, prefer, require, verify-ca, verify-full).")
    }
    if says("no pg_hba.conf entry", "pg_hba.conf rejects") {
      return Problem(
        "authentication-failed",
        "PostgreSQL at \(place) lets user \"\(settings.username)\" not into database \"\(settings.database)\" from here: \(message)",
        hint: "Allow this computer in the server's pg_hba.conf, or choose another ssl_mode.")
    }
    if says("database \"") && says("does not exist") {
      return Problem(
        "unknown-database", "PostgreSQL at \(place) has no database \"\(settings.database)\".",
        hint: "Check the connection's database, or create it.")
    }
    if says("too many clients", "too many connections", "remaining connection slots") {
      return Problem("too-many-connections", "PostgreSQL at \(place) has no connection free.", isTransient: true)
    }
    if says("starting up", "shutting down", "recovery mode") {
      return Problem("server-not-ready", "PostgreSQL at \(place) is not ready: \(message)", isTransient: true)
    }
    if says("could not translate host name", "Name or service not known") {
      return Problem(
        "unknown-host", "The host \"\(settings.host)\" is not known.", hint: "Check the connection's host.",
        isTransient: true)
    }
    if says("timeout expired", "timed out") {
      return Problem(
        "connection-timeout", "PostgreSQL at \(place) did not answer within \(settings.connectTimeout) seconds.",
        hint: "Check host and port, and whether a firewall is between.", isTransient: true)
    }
    if says("Connection refused", "No such file or directory", "Network is unreachable", "No route to host") {
      return Problem(
        "connection-refused", "No PostgreSQL server answers at \(place).",
        hint: "Check host \"\(settings.host)\" and port \(settings.port), and that the server runs.", isTransient: true)
    }
    return Problem(
      "connection-failed", "The connection to PostgreSQL at \(place) failed: \(message)", isTransient: true)
  }

  /// From the fields of an error message; the table is in appendix A of PostgreSQL's documentation.
  static func of(_ error: ServerError, at place: String) -> Problem {
    let (code, isTransient, hint) = kind(error.state)
    var message = "PostgreSQL at \(place): \(error.message)"
    if let detail = error.detail { message += ". \(detail)" }
    if let context = error.context?.split(separator: "\n").first, context.hasPrefix("COPY") {
      message += " (\(context))"
    }
    return Problem(code, message, hint: hint ?? error.hint, isTransient: isTransient, cause: error)
  }

  private static func kind(_ state: String) -> (Problem.Code, isTransient: Bool, hint: String?) {
    switch state {
    case "23505":
      ("duplicate-key", false, "Two rows have the same key. Use mode merge, or remove the duplicates before.")
    case "23502": ("missing-value", false, "Fill the column in a transform step, or allow nulls in the table.")
    case "23503": ("foreign-key", false, "Load the table that is referred to first.")
    case "23514", "23P01": ("constraint-violated", false, nil)
    case "22001": ("value-too-long", false, "Shorten the text in a transform step, or widen the column.")
    case "22003": ("value-out-of-range", false, "Cast the column in a transform step, or widen it in the table.")
    case "22021":
      ("invalid-text", false, "A text has a byte PostgreSQL can't hold (NUL). Remove it: replace(column, chr(0), '').")
    case "22P02", "22007", "22008", "22P03": ("invalid-value", false, nil)
    case "25006":
      (
        "read-only", false,
        "A read changes nothing: take what changes rows out of the query. A standby server can't be written to."
      )
    case "28P01", "28000": ("authentication-failed", false, nil)
    case "3D000": ("unknown-database", false, nil)
    case "3F000": ("unknown-schema", false, nil)
    case "42P01": ("unknown-table", false, nil)
    case "42703": ("unknown-column", false, nil)
    case "42501": ("permission-denied", false, "Ask the owner of the database for the right (GRANT …).")
    case "40001", "40P01": ("conflict", true, nil)
    case "55P03": ("locked", true, "Another session holds a lock on the table.")
    case "53100": ("disk-full", false, "Free space on the server's disk.")
    case "53200": ("server-out-of-memory", true, nil)
    case "53300": ("too-many-connections", true, nil)
    case "57014": ("cancelled", false, nil)
    case "57P01", "57P02", "57P03", "57P05": ("connection-lost", true, nil)
    case _ where state.hasPrefix("08"): ("connection-lost", true, nil)
    case _ where state.hasPrefix("42"): ("invalid-sql", false, nil)
    default: ("database-error", false, nil)
    }
  }
}
