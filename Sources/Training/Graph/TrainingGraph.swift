import IR
import Passes

/// A model made ready to be trained: forward nodes, loss, gradients and new running statistics in
/// one graph with fixed shapes.
public struct TrainingGraph: Sendable {
  /// A constant of the model that training changes.
  public struct Parameter: Sendable {
    /// The constant in the training graph.
    public let value: ValueID
    /// Its name, in the training graph and in the model.
    public let name: String
    /// The gradient of the loss, an output of the graph.
    public let gradient: ValueID
    /// Whether weight decay acts on it: it does on weights, not on biases and normalisation.
    public let decays: Bool
  }

  /// The weights of a gate, a constant that stands in for `NAME.w`.
  public struct GateParameter: Sendable {
    /// The position in the gate table.
    public let gate: Int
    public let value: ValueID
    public let gradient: ValueID
  }

  /// A running statistic of BatchNormalization.
  public struct Statistic: Sendable {
    public let value: ValueID
    public let name: String
    /// The statistic after the step, an output of the graph.
    public let next: ValueID
    /// The share of the old statistic in the new one.
    public let momentum: Double
    /// Whether it is a variance, not a mean.
    public let isVariance: Bool
  }

  /// A Dropout whose mask the trainer draws.
  public struct Mask: Sendable {
    /// The input that holds 0 or 1 / (1 - ratio) for every element.
    public let input: ValueID
    public let ratio: Double
  }

  /// An inner value that is to be the teacher's.
  public struct InnerTarget: Sendable {
    public let name: String
    /// The input that holds the teacher's value, in its shape.
    public let value: ValueID
    /// The input that holds one over the mean square of the teacher's value, a scalar.
    public let scale: ValueID
  }

  public internal(set) var graph: Graph
  /// What the data fills.
  public internal(set) var inputs: [ModelInput]
  /// The labels: int64, one a position; nil where there are none.
  public internal(set) var labels: ValueID?
  /// The shares of all classes at each position, in the output's shape; nil where there are none.
  public internal(set) var shares: ValueID?
  /// Target numbers in the output's shape; nil where there are none.
  public internal(set) var targets: ValueID?
  /// The teacher's probabilities at the temperature, in the output's shape; nil without a teacher.
  public internal(set) var teacher: ValueID?
  public internal(set) var inner: [InnerTarget] = []
  public internal(set) var loss: ValueID
  /// What the model predicts; before a last Softmax where the loss takes logits.
  public internal(set) var prediction: ValueID
  public internal(set) var parameters: [Parameter] = []
  public internal(set) var gates: [GateParameter] = []
  public internal(set) var statistics: [Statistic] = []
  public internal(set) var masks: [Mask] = []

  /// The constants that change between steps.
  public var variables: [ValueID] {
    parameters.map(\.value) + gates.map(\.value) + statistics.map(\.value)
  }
}
