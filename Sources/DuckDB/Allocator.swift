internal import CDuckDB

/// The process's memory allocator.
package enum Allocator {
  /// Freed memory goes back to the system at once, which costs some time and lets a limit on the process hold.
  package static func givesBackEarly() { cduckdb_give_back_early() }
}
