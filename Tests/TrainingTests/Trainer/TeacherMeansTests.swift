import Testing
import Training

@Suite struct TeacherMeansTests {
  @Test func averagesTheViewsOfEachSample() {
    var means = TeacherMeans(samples: 4, classes: 2)
    means.add([1, 2, 3, 4], of: [2, 0])
    #expect(means.of([0, 2]) == [3, 4, 1, 2])
    #expect(means.know([2, 0]) && !means.know([0, 1]))
    means.add([3, 8, -1, 6], of: [2, 3])
    means.add([5, 2], of: [2])
    #expect(means.of([2, 3, 0]) == [3, 4, -1, 6, 3, 4])
    #expect(means.views == [1, 0, 3, 1])
  }

  @Test func isWhatItsArraysWere() throws {
    var means = TeacherMeans(samples: 3, classes: 2)
    means.add([1, 2], of: [1])
    let copy = try #require(TeacherMeans(means.arrays))
    #expect(copy.of([0, 1, 2]) == means.of([0, 1, 2]))
    #expect(copy.views == means.views)
    for arrays in [[], [[1]], [[], []], [[1, 1], [1, 2, 3]]] as [[[Float]]] {
      #expect(TeacherMeans(arrays) == nil)
    }
  }
}
