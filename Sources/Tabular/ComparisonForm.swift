/// The form in which the values of two columns are compared, whatever their types are in their own systems.
package enum ComparisonForm: Hashable, Sendable {
  /// Both are brought to this type, which holds every value of either exactly.
  case typed(DataType)
  /// Exact numbers of any size as plain digits without superfluous zeros; a text that is written as a number counts as that number.
  case digits
  /// As texts.
  case text
  /// JSON without its spaces.
  case json

  /// The type values in this form have.
  package var type: DataType { if case .typed(let type) = self { type } else { .text } }
}

/// How the values of two types are compared.
package struct TypeComparison: Hashable, Sendable {
  package var form: ComparisonForm
  /// Whether every system can bring a value into the form by itself, byte for byte alike.
  package var isHashable: Bool
  /// Whether values of the two types can mean the same.
  package var isComparable: Bool

  package init(_ left: DataType, _ right: DataType) {
    let (form, isComparable) = TypeComparison.form(TypeComparison.plain(left, right), TypeComparison.plain(right, left))
    self.form = form
    self.isComparable = isComparable
    switch form {
    case .typed(.timestamp(.nanoseconds)): isHashable = false
    case .typed(let type): isHashable = isComparable && Canonical(type) != nil
    case .digits: isHashable = true
    case .json: isHashable = left == right
    case .text: isHashable = isComparable && [left, right].allSatisfy(TypeComparison.hasOneText)
    }
  }

  /// A column of nulls only is of the other's type; labels are texts.
  private static func plain(_ type: DataType, _ other: DataType) -> DataType {
    switch type {
    case .enumeration: .text
    case .null: other == .null ? .text : plain(other, .null)
    default: type
    }
  }

  private static func form(_ left: DataType, _ right: DataType) -> (ComparisonForm, isComparable: Bool) {
    if left == right { return same(left) }
    if let number = number(left, right) { return (number, true) }
    switch (left, right) {
    case (.boolean, .integer(let bits, _)) where bits <= 32, (.integer(let bits, _), .boolean) where bits <= 32:
      return (.typed(.int64), true)
    case (.boolean, .integer(64, true)), (.integer(64, true), .boolean): return (.typed(.int64), true)
    case (.float32, .float64), (.float64, .float32): return (.typed(.float64), true)
    case (.float32, let other), (let other, .float32), (.float64, let other), (let other, .float64):
      return isExact(other) ? (.typed(.float64), true) : (.text, other == .text)
    case (.date, .timestamp(let unit)), (.timestamp(let unit), .date):
      return (.typed(.timestamp(unit == .nanoseconds ? unit : .microseconds)), true)
    case (.timestamp(let one), .timestamp(let other)):
      return (.typed(.timestamp([one, other].contains(.nanoseconds) ? .nanoseconds : .microseconds)), true)
    case (.timestampTZ, .timestamp(let unit)), (.timestamp(let unit), .timestampTZ):
      return (.typed(.timestampTZ), unit != .nanoseconds)
    case (.timestampTZ, .date), (.date, .timestampTZ): return (.typed(.timestampTZ), true)
    case (.text, let other), (let other, .text): return isExact(other) ? (.digits, true) : (.text, isPlain(other))
    default: return (.text, false)
    }
  }

  private static func same(_ type: DataType) -> (ComparisonForm, isComparable: Bool) {
    switch type {
    case .numeric: (.digits, true)
    case .json: (.json, true)
    case .structure, .map, .other: (.text, true)
    case .timestamp(.seconds), .timestamp(.milliseconds): (.typed(.timestampMicros), true)
    default: (.typed(type), true)
    }
  }

  /// nil if one of the two is no exact number.
  private static func number(_ left: DataType, _ right: DataType) -> ComparisonForm? {
    guard isExact(left), isExact(right) else { return nil }
    if isSmall(left), isSmall(right) { return .typed(.int64) }
    guard let one = digits(left), let other = digits(right) else { return .digits }
    let (whole, scale) = (max(one.whole, other.whole), max(one.scale, other.scale))
    return whole + scale <= 38 ? .typed(.decimal(precision: max(1, whole + scale), scale: scale)) : .digits
  }

  private static func isSmall(_ type: DataType) -> Bool {
    if case .integer(let bits, let signed) = type { bits < 64 || bits == 64 && signed } else { false }
  }

  private static func digits(_ type: DataType) -> (whole: Int, scale: Int)? {
    switch type {
    case .integer(8, _): (3, 0)
    case .integer(16, _): (5, 0)
    case .integer(32, _): (10, 0)
    case .integer(64, let signed): (signed ? 19 : 20, 0)
    case .decimal(let precision, let scale): (precision - scale, scale)
    default: nil
    }
  }

  private static func isExact(_ type: DataType) -> Bool { type.isExactNumber || type == .numeric }

  /// Whether a value's text says all of it.
  private static func isPlain(_ type: DataType) -> Bool {
    switch type {
    case .structure, .map, .list, .array, .blob, .other: false
    default: true
    }
  }

  /// Whether all systems write a value of the type as the same text.
  private static func hasOneText(_ type: DataType) -> Bool {
    switch type {
    case .text, .enumeration, .null, .boolean, .integer, .uuid, .date, .time, .timestamp(.microseconds), .json: true
    default: false
    }
  }
}
