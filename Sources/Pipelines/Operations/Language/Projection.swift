import Tabular

/// A column an operation sets: an existing one in place, or a new one.
package struct Assignment: Sendable {
  package var column: String
  package var value: SQL
  /// `.other` if only the engine can tell.
  package var type: DataType
  /// A new column stands behind this one; nil = last.
  package var after: String?

  package init(_ column: String, _ value: SQL, _ type: DataType, after: String? = nil) {
    self.column = column
    self.value = value
    self.type = type
    self.after = after
  }
}

/// An operation that only sets columns, row by row; it can stand in a `conditional`.
package protocol FieldOperation: Operation {
  func assignments(over input: Relation, in context: OperationContext) throws(Problem) -> [Assignment]
}

extension FieldOperation {
  package var reach: OperationReach { .values }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    var projection = Projection(of: input.schema)
    for assignment in try assignments(over: input, in: context) { projection.set(assignment) }
    return projection.select(from: input)
  }
}

/// The column list of a SELECT: columns keep their places, whatever is done to them.
package struct Projection: Sendable {
  package struct Item: Sendable {
    package var name: String
    /// nil = the column as it is.
    package var value: SQL?
    package var type: DataType
  }

  package private(set) var items: [Item]

  package init(of schema: Schema) { items = schema.columns.map { Item(name: $0.name, value: nil, type: $0.type) } }

  package mutating func set(_ assignment: Assignment) {
    let item = Item(name: assignment.column, value: assignment.value, type: assignment.type)
    if let index = index(of: assignment.column) {
      items[index].value = assignment.value
      items[index].type = assignment.type
    } else if let after = assignment.after, let index = index(of: after) {
      items.insert(item, at: index + 1)
    } else {
      items.append(item)
    }
  }

  package mutating func remove(_ name: String) { items.removeAll { ColumnNames.areSame($0.name, name) } }

  /// - Throws: `name-taken` if another column has the new name already.
  package mutating func rename(_ old: String, to new: FieldName) throws(Problem) {
    guard let index = index(of: old) else { return }
    if let other = self.index(of: new.name), other != index {
      throw Problem(
        "name-taken",
        "There is a column \"\(items[other].name)\" already, so \"\(old)\" can't be renamed to \"\(new.name)\".",
        hint: "Drop or rename \"\(items[other].name)\" first.", at: new.location)
    }
    items[index].value = items[index].value ?? "\(name: items[index].name)"
    items[index].name = new.name
  }

  package func select(from input: Relation) -> SQL {
    let list = items.map { item -> SQL in item.value.map { "\($0) AS \(name: item.name)" } ?? "\(name: item.name)" }
    return "SELECT \(list) FROM \(input.sql)"
  }

  /// The columns as they are afterwards.
  package var schema: Schema { Schema(items.map { Column($0.name, $0.type) }) }

  private func index(of name: String) -> Int? { items.firstIndex { ColumnNames.areSame($0.name, name) } }
}
