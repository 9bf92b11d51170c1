/// What formats for dates and times in text (`%d.%m.%Y %-H:%M`) read.
struct MomentFormats {
  private var letters: Set<Character> = []

  init(_ formats: [String]) {
    for format in formats {
      var rest = format[...]
      while let start = rest.firstIndex(of: "%") {
        rest = rest[start...].dropFirst()
        if rest.first == "-" { rest.removeFirst() }
        if let letter = rest.popFirst() { letters.insert(letter) }
      }
    }
  }

  /// Whether one of them reads a time of day.
  var haveTime: Bool { !letters.isDisjoint(with: "HIMSfgnpTXcrR") }
  /// Whether one of them reads an offset or the name of a zone.
  var haveZone: Bool { !letters.isDisjoint(with: "zZ") }
}
