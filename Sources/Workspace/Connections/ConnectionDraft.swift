import Foundation
import Pipelines
import Tabular

/// A connection that is being added: the text of its file, and the secrets that go to the vault instead.
struct ConnectionDraft {
  /// By the name under which the vault keeps them: `shop.password`.
  private(set) var secrets: [String: String] = [:]
  private(set) var text: String

  /// - Parameters:
  ///   - settings: a value that is nothing but `${VAR}` or `{{ … }}` stays such a reference, also where it is a secret.
  init(_ name: String, _ type: ConnectorType, _ settings: [(name: String, value: String)]) {
    let place = Location(file: "connections/\(name).yaml", line: 1, column: 1)
    var entries = [Setting.Entry(key: "type", keyLocation: place, value: Setting(.text(type.id), at: place))]
    for (key, value) in settings {
      let kind = type.settings.first { $0.name == key || $0.otherNames.contains(key) }?.kind
      var content = Self.typed(value, as: kind)
      if Self.isSecret(value, named: key, kind) {
        secrets["\(name).\(key)"] = value
        content = .text(Self.reference(to: "\(name).\(key)"))
      }
      entries.append(Setting.Entry(key: key, keyLocation: place, value: Setting(content, at: place)))
    }
    text = YAMLText.block(Setting(.map(entries), at: place), indent: 0)
  }

  /// How a file names a secret of the vault.
  static func reference(to secret: String) -> String { "{{ secret(\"\(secret)\") }}" }

  private static func isSecret(_ value: String, named name: String, _ kind: SettingKind?) -> Bool {
    guard !value.isEmpty, value.wholeMatch(of: /\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}|\{\{[^{}]*\}\}/) == nil else {
      return false
    }
    return kind == .secret || SecretShape.isName(name) || !SecretShape.pieces(of: value).isEmpty
  }

  private static func typed(_ value: String, as kind: SettingKind?) -> Setting.Content {
    switch kind {
    case .integer: Int(value).map { .integer($0) } ?? .text(value)
    case .toggle where value == "true" || value == "false": .toggle(value == "true")
    default: .text(value)
    }
  }

  /// The secrets of the draft, before the vault has them.
  struct Lookup: SecretLookup {
    let drafted: [String: String]
    let vault: Vault

    func secret(named name: String) throws(Problem) -> Secret {
      if let value = drafted[name] { return Secret(value) }
      return try vault.secret(named: name)
    }
  }
}

extension ConnectionLibrary {
  /// Writes `connections/<name>.yaml` after reading it once, so that a wrong setting is never stored. Passwords go to the vault.
  /// - Parameters:
  ///   - type: a connector's name, or an address that says it: `postgres://…`, `data/orders.csv`.
  /// - Returns: the names of the secrets the vault keeps for it.
  package func add(_ name: String, type: String, settings: [(name: String, value: String)]) throws -> [String] {
    guard name.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_-]*/) != nil else {
      throw Problem(
        "wrong-name", "\"\(redactor.redact(name))\" can't be the name of a connection.",
        hint: "Use letters, digits, _ and -, and begin with a letter.")
    }
    guard file(of: name) == nil else {
      throw Problem(
        "exists", "There is a connection \"\(name)\" already.",
        hint: "Delete it first, or edit connections/\(name).yaml.")
    }
    for setting in settings where SecretShape.isName(setting.name) { redactor.hide(setting.value) }
    let place = Location(file: "connections/\(name).yaml", line: 1, column: 1)
    let (kind, written) = try meant(by: type, at: place)
    let draft = ConnectionDraft(
      name, kind, written.filter { old in !settings.contains { $0.name == old.name } } + settings)
    for (secret, value) in draft.secrets {
      redactor.hide(value)
      guard let kept = try? vault.secret(named: secret), kept.revealed != value else { continue }
      throw Problem(
        "exists", "There is a secret \"\(secret)\" already, with another value.",
        hint: "If nothing uses it: weir secrets delete \(secret).")
    }
    try probe(draft, name, at: place)
    for (secret, value) in draft.secrets { try vault.set(secret, to: value) }
    do {
      try PrivateFile.create(draft.text, at: directory.appending(path: place.file))
    } catch {
      for secret in draft.secrets.keys { try? vault.delete(secret) }
      throw error
    }
    return draft.secrets.keys.sorted()
  }

  /// The connector a type or address names, and the settings that stand in the address.
  private func meant(by text: String, at place: Location) throws -> (ConnectorType, [(name: String, value: String)]) {
    if let type = catalog.type(named: text) { return (type, []) }
    guard text.contains("://") || catalog.type(path: text) != nil else {
      throw Problem(
        "unknown-connector", "Weir has no connector \"\(redactor.redact(text))\".",
        hint: Nearest.hint(text, among: catalog.types.flatMap { [$0.id] + $0.aliases })
          ?? "weir connections types lists them; an address such as postgres://user@host/database can stand here, too.")
    }
    let found = try making.connection(at: text, location: place)
    guard let type = catalog.type(named: found.connector) else {
      throw Problem("unknown-connector", "Weir has no such connector.")
    }
    return (type, found.settings.entries.map { ($0.key, $0.value.text ?? "") })
  }

  /// Reads the draft as its file will be read.
  private func probe(_ draft: ConnectionDraft, _ name: String, at place: Location) throws {
    var copy = self
    copy.secrets = ConnectionDraft.Lookup(drafted: draft.secrets, vault: vault)
    let found = try copy.parse(draft.text, file: place.file)
    _ = try making.make(
      ConnectionReference(.inline(connector: found.connector, settings: found.settings), at: place), for: name)
  }

  /// Deletes a connection's file and the secrets the vault keeps for it alone.
  package func delete(_ name: String) throws {
    guard let file = file(of: name) else { throw Problem.unknownConnection(name, among: list().map(\.name)) }
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    let settings = (try? SettingReader.read(text, file: file.lastPathComponent))?.entries ?? []
    try FileManager.default.removeItem(at: file)
    for setting in settings where setting.value.text == ConnectionDraft.reference(to: "\(name).\(setting.key)") {
      try? vault.delete("\(name).\(setting.key)")
    }
  }
}
