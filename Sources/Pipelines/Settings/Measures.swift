/// A length of time as a setting: `30s`, `5m`, a bare number of seconds.
package struct Seconds: SettingValue {
  package let count: Double
  package init(_ count: Double) { self.count = count }
  package static var kind: SettingKind { .text }
  package init(setting: Setting) throws(Problem) {
    count = try TimeSpan.seconds(setting)
    guard count > 0 else { throw Problem("wrong-type", "must be more than nothing.") }
  }
  package var display: String? { TimeSpan.text(count) }
}

/// A size in bytes as a setting: `512MB`, `2 GiB`, `800000000`.
package struct ByteCount: SettingValue {
  package let bytes: Int
  package init(_ bytes: Int) { self.bytes = bytes }
  package static var kind: SettingKind { .text }
  package init(setting: Setting) throws(Problem) {
    guard let text = setting.text?.lowercased().filter({ $0 != " " }) else {
      throw Problem("wrong-type", "must be a size.")
    }
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let number = Double(digits), let factor = Self.units[String(text.dropFirst(digits.count))], number > 0,
      number * factor < 1e15
    else { throw Problem("wrong-type", "must be a size.", hint: "Write it as 512MB or 2GB.") }
    bytes = Int(number * factor)
  }

  private static let units: [String: Double] = [
    "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "k": 1e3, "m": 1e6, "g": 1e9, "kib": 1024, "mib": 1_048_576,
    "gib": 1_073_741_824,
  ]

  /// `1GB`, `512MB`.
  package var display: String? {
    for (unit, size) in [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)]
    where bytes >= size && bytes % size == 0 {
      return "\(bytes / size)\(unit)"
    }
    return String(bytes)
  }
}

/// A text and where it stands.
package struct PlacedText: SettingValue {
  package let text: String
  package let location: Location
  package static var kind: SettingKind { .text }
  package init(setting: Setting) throws(Problem) {
    guard let text = setting.text, !text.isEmpty else { throw Problem("wrong-type", "must be text.") }
    self.text = text
    location = setting.location
  }
  package var display: String? { text }
}
