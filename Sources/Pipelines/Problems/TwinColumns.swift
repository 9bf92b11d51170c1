import Tabular

extension Problem {
  /// What is wrong with columns whose names look the same and aren't; nil if there are none.
  /// - Parameter place: what has the columns, as it stands in a sentence.
  package static func twins(in names: some Sequence<String>, of place: String, at location: Location? = nil) -> Problem?
  {
    guard let (first, second) = ColumnNames.twins(in: names) else { return nil }
    return Problem(
      "column-collision",
      "The columns \(ColumnNames.spelled(first)) and \(ColumnNames.spelled(second)) of \(place) look the same, but are written with different characters.",
      hint: "Give one of them another name where they come from.", at: location)
  }
}
