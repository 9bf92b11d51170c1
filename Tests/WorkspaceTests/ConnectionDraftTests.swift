import Foundation
import Pipelines
import Testing
import Workspace

/// `weir connections add`: what is typed comes back when the file is read, and no password stands in it.
@Suite struct ConnectionDraftTests {
  /// Everything that means something to YAML, JSON, shells, addresses or Weir's own placeholders.
  static let passwords = [
    "plain-but-long", "a: b # c", "'single' \"double\"", "back\\slash\\n", "@:/?#[]!$&'()*+,;=%",
    "{{ secret(\"x\") }} y", "x${HOME}y", "$${literal}",
    "- list", "*alias &anchor !tag", "|", ">", "%percent", "007", "true", "null", "ünïcödé ключ 🗝",
    " leading and trailing ", "tab\tnew\nline",
    "-----BEGIN-----", "~", "\u{7F}\u{85}\u{2028}\u{FEFF}",
  ]

  private func library(_ place: TemporaryWorkspace) async throws -> ConnectionLibrary {
    try await Workspace(directory: place.url, environment: ["DB_HOST": "db.example"]).connections()
  }

  @Test(arguments: passwords)
  func aPasswordComesBackAndStandsNowhere(_ password: String) async throws {
    let place = try TemporaryWorkspace()
    let library = try await library(place)
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8)
    let encoded = password.utf8.map {
      plain.contains($0) ? String(UnicodeScalar($0)) : "%" + String($0 + 0, radix: 16).leftPadded
    }.joined()
    #expect(
      try library.add("a", type: "postgres://me:\(encoded)@${DB_HOST}:6543/my%20shop?sslmode=require", settings: [])
        == ["a.password"])
    #expect(
      try library.add(
        "b", type: "postgres", settings: [("host", "h"), ("database", "d: e # f"), ("password", password)]) == [
          "b.password"
        ])
    let (a, b) = (try library.connection(named: "a"), try library.connection(named: "b"))
    #expect(a.connector == "postgres")
    func text(_ settings: Setting, _ names: String...) -> String? { names.lazy.compactMap { settings[$0]?.text }.first }
    #expect(text(a.settings, "password") == password)
    #expect(text(a.settings, "host") == "db.example")
    #expect(text(a.settings, "port") == "6543")
    #expect(text(a.settings, "user", "username") == "me")
    #expect(text(a.settings, "database") == "my shop")
    #expect(text(a.settings, "ssl_mode", "sslmode") == "require")
    #expect(text(b.settings, "password") == password)
    #expect(text(b.settings, "database") == "d: e # f")
    if password.count > 6 { try place.expectNowhere(password, encoded) }
    try library.delete("a")
    #expect(try library.vault.names() == ["b.password"])
  }

  @Test func aReferenceStaysAReference() async throws {
    let place = try TemporaryWorkspace()
    let library = try await library(place)
    for (name, value) in [("c", "${DB_HOST}"), ("d", "${NONE:-x}"), ("e", "{{ env.DB_HOST }}")] {
      #expect(
        try library.add(name, type: "postgres", settings: [("host", "h"), ("database", "d"), ("password", value)]) == []
      )
      #expect(
        try String(contentsOf: place.url.appending(path: "connections/\(name).yaml"), encoding: .utf8).contains(value))
    }
  }

  @Test func aFileSaysItsOwnType() async throws {
    let place = try TemporaryWorkspace()
    let library = try await library(place)
    #expect(try library.add("orders", type: "data/orders.csv", settings: [("delimiter", ";")]) == [])
    let made = try library.connection(named: "orders")
    #expect(
      made.connector == "csv" && made.settings["path"]?.text == "data/orders.csv"
        && made.settings["delimiter"]?.text == ";")
  }

  @Test func aSecretOfSomebodyElseIsNotOverwritten() async throws {
    let place = try TemporaryWorkspace()
    let library = try await library(place)
    try library.vault.set("shop.password", to: "theirs")
    #expect {
      try library.add("shop", type: "postgres://me:mine@h/d", settings: [])
    } throws: {
      ($0 as? Problem)?.code == "exists"
    }
    #expect(try library.vault.secret(named: "shop.password").revealed == "theirs")
    #expect(!FileManager.default.fileExists(atPath: place.url.appending(path: "connections/shop.yaml").path))
  }

  @Test func aWrongSettingLeavesNothing() async throws {
    let place = try TemporaryWorkspace()
    let library = try await library(place)
    #expect(throws: (any Error).self) {
      try library.add("shop", type: "postgres://me:mine@h/d?sslmode=maybe", settings: [])
    }
    #expect(try library.vault.names() == [] && library.list().isEmpty)
  }
}

extension String {
  fileprivate var leftPadded: String { count == 1 ? "0" + self : self }
}
