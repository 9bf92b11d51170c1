import Tabular
import Testing

@Suite struct PlainNumberTests {
  @Test(arguments: [
    ("0", "0"), ("-0.00", "0"), ("+07.50", "7.5"), (" 1e3 ", "1000"), ("1e-3", "0.001"), ("12.5E1", "125"),
    ("1234567890123456789012e-4", "123456789012345678.9012"), (".5", "0.5"), ("5.", "5"), ("-0.05", "-0.05"),
    ("100", "100"), ("1e-19", "0.0000000000000000001"), ("000", "0"), ("1e+2", "100"),
  ])
  func writesTheDigits(_ written: String, _ plain: String) { #expect(PlainNumber(written)?.text == plain) }

  @Test(arguments: ["", " ", "-", ".", "e5", "1e", "1e401", "1e-999999999999", "1.2.3", "0x1F", "1_000", "nan", "5 5"])
  func refusesOtherTexts(_ text: String) { #expect(PlainNumber(text) == nil) }

  @Test(arguments: [
    ("127", DataType.integer(bits: 8, signed: true), true), ("128", .integer(bits: 8, signed: true), false),
    ("-128", .integer(bits: 8, signed: true), true), ("-1", .integer(bits: 8, signed: false), false),
    ("9223372036854775808", .int64, false), ("9223372036854775808", .integer(bits: 64, signed: false), true),
    ("9223372036854775808", .int128, true), ("1.5", .int64, false), ("1.50", .decimal(precision: 3, scale: 1), true),
    ("1.55", .decimal(precision: 3, scale: 1), false), ("100", .decimal(precision: 3, scale: 1), false),
    ("0.1", .float64, true), ("9007199254740993", .float64, false), ("9007199254740992", .float64, true),
    ("0.1", .float32, true), ("16777217", .float32, false),
  ])
  func knowsWhatTypesHold(_ number: String, _ type: DataType, _ fits: Bool) {
    #expect(PlainNumber(number)?.fits(type) == fits)
  }
}
