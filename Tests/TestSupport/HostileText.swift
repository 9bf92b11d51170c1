/// Texts that would do harm if they were taken for anything but text.
package enum HostileText {
  /// Each breaks out of a careless quotation on its own.
  package static let list = [
    "'", "\"", "'; DROP TABLE canary; --", "\"; DROP TABLE canary; --", "') OR 1 = 1 --", "\") OR 1 = 1 --",
    "x' OR '1'='1", "\\", "\\'; DROP TABLE canary; --", "\\\" OR 1 = 1", "$$; DROP TABLE canary; $$", "$1", "a$b$c",
    "/* x", "x */ y", "-- x", "; DELETE FROM canary", "{{ who }}", "}} {{ run.id }}", "{{ secret('x') }}", "${HOME}",
    "’ OR ‘1’=’1", "＇; DROP TABLE canary; --", "\u{A0}' OR 1=1", "\u{202E}x", "a\nb", "a\r\nb", "a\tb", " a ", "%s%n",
    "`id`", "[x] OR 1=1 --", "E'\\''", "U&'\\0027'", "null", "true", "x: y\nsteps: []", "- a", "# c", "&a *a",
    "日本 é e\u{301}",
    "\\x27", "''", "\"\"", "a,b", "|", "?", ":a", "@x", "x\0y", "\0",
    "'\u{301}", "x'\u{301}, (SELECT a FROM canary) AS z --", "\"\u{301}", "\"\u{301}; DROP TABLE canary; --",
    "\\\u{301}'", "'\u{200D} OR 1=1",
    "'\u{FE0F}'", "--\u{301}", ";\u{301}", "\u{301}'", "\u{301}a", "{{\u{301} who }}",
  ]

  /// The most telling ones, for tests that take long for each.
  package static let few = [
    "'", "\"; DROP TABLE canary; --", "') OR 1 = 1 --", "\\'; DROP TABLE canary; --", "$$; DROP TABLE canary; $$",
    "x */ y",
    "{{ who }}", "${HOME}", "’ OR ‘1’=’1", "a\nb", "`id`", "E'\\''", "x: y\nsteps: []", "日本 é e\u{301}", "%s%n", "''",
    "x\0y", "x'\u{301}, (SELECT a FROM canary) AS z --", "\"\u{301}",
  ]

  private static let pieces = [
    "'", "\"", ";", "--", "/*", "*/", "/*/", "\\", "\\'", "$$", "$1", "(", ")", "[", "]", "`", ",", "\n", "\r", "E'",
    "e",
    "''", "\"\"", "’", "＇", "\u{A0}", "%", "a", "1", "-1", " OR 1 = 1 ", " FROM canary ", "{{ who }}", "}}", "${HOME}",
    "%27",
    "; DROP TABLE canary; --", " UNION SELECT 1 ", "0x", "#", " ", "\t", "\\n", "\\\\", "|", "é", "\u{301}", "'\u{301}",
    "\"\u{200D}",
  ]

  /// One to five pieces put together by chance.
  package static func random(_ numbers: inout SeededNumbers) -> String {
    (0..<Int.random(in: 1...5, using: &numbers)).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &numbers)] }
      .joined()
  }

  /// The list, and `count` more made by chance.
  package static func some(_ count: Int, seed: UInt64) -> [String] {
    var numbers = SeededNumbers(seed: seed)
    return list + (0..<count).map { _ in random(&numbers) }
  }
}
