/// A way to write dates, as `strptime` reads it.
struct DateShape: Sendable {
  let format: String
  /// As people write it.
  let words: String
  let hasTime: Bool
  /// Names forms that can be taken for each other.
  let rivals: String?
  private let digits: String

  private init(_ format: String, _ words: String, _ digits: String, hasTime: Bool = false, rivals: String? = nil) {
    (self.format, self.words, self.digits, self.hasTime, self.rivals) = (format, words, digits, hasTime, rivals)
  }

  /// Whether a shape of `TextPattern` may be one of this form.
  func matches(_ pattern: String) -> Bool { pattern.replacing(/9+/, with: "9") == digits }

  static let all: [DateShape] = [
    DateShape("%Y-%m-%d", "2025-01-31", "9-9-9"), DateShape("%Y/%m/%d", "2025/01/31", "9/9/9"),
    DateShape("%d.%m.%Y", "31.01.2025", "9.9.9"),
    DateShape("%d/%m/%Y", "31/01/2025", "9/9/9", rivals: "/"),
    DateShape("%m/%d/%Y", "01/31/2025", "9/9/9", rivals: "/"),
    DateShape("%d-%m-%Y", "31-01-2025", "9-9-9", rivals: "-"),
    DateShape("%m-%d-%Y", "01-31-2025", "9-9-9", rivals: "-"),
    DateShape("%d %b %Y", "31 Jan 2025", "9 Aa 9"), DateShape("%d %B %Y", "31 January 2025", "9 Aa 9"),
    DateShape("%b %d, %Y", "Jan 31, 2025", "Aa 9, 9"),
    DateShape("%B %d, %Y", "January 31, 2025", "Aa 9, 9"),
    DateShape("%Y-%m-%d %H:%M:%S", "2025-01-31 08:00:00", "9-9-9 9:9:9", hasTime: true),
    DateShape("%d.%m.%Y %H:%M", "31.01.2025 08:00", "9.9.9 9:9", hasTime: true),
    DateShape("%d.%m.%Y %H:%M:%S", "31.01.2025 08:00:00", "9.9.9 9:9:9", hasTime: true),
    DateShape("%Y-%m-%dT%H:%M:%SZ", "2025-01-31T08:00:00Z", "9-9-9A9:9:9A", hasTime: true),
  ]
}

/// Names of columns that are points in time.
enum PeriodName {
  enum Kind { case month, quarter, year, yearAndMonth }

  private static let months: Set<String> = Set(
    [
      "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
      "december", "sept",
    ]
      + ["jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])

  /// `Jan`, `sales_january`, `2025-01`, `Q3`, `2024`; nil = none.
  static func kind(of name: String) -> Kind? {
    let name = name.lowercased()
    if name.wholeMatch(of: /(?:.*[^0-9])?(?:19|20)\d\d[-_\/. ]?(?:0[1-9]|1[0-2])/) != nil { return .yearAndMonth }
    let words = name.split { !($0.isLetter || $0.isNumber) }.map(String.init)
    if words.contains(where: months.contains) {
      return words.contains { $0.wholeMatch(of: /(19|20)\d\d/) != nil } ? .yearAndMonth : .month
    }
    if words.contains(where: { $0.wholeMatch(of: /q[1-4]/) != nil }) { return .quarter }
    return words.contains { $0.wholeMatch(of: /y?(19|20)\d\d/) != nil } ? .year : nil
  }
}

/// Names of columns that tell rows apart.
enum KeyName {
  static func isLikely(_ name: String) -> Bool {
    let last = name.lowercased().split { !($0.isLetter || $0.isNumber) }.last.map(String.init) ?? ""
    return ["id", "key", "code", "number", "no", "nr", "uuid", "guid", "sku", "email", "isbn"].contains(last)
      || name.hasSuffix("Id") || name.hasSuffix("ID")
  }
  /// Names of columns with phone numbers.
  static func isPhone(_ name: String) -> Bool {
    ["phone", "tel", "mobile", "fax"].contains { name.lowercased().contains($0) }
  }
}
