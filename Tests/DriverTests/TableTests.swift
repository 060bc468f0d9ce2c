import Driver
import Testing

/// Checks how tables are laid out.
struct TableTests {
  private var table: Table {
    var table = Table([.left("name"), .right("count"), .left("remark")])
    table.append(["a", "1,024", "first"])
    table.append(["a rather long name", "7", ""])
    return table
  }

  @Test func alignsColumns() {
    #expect(
      table.render() == """
        name                count  remark
        ------------------  -----  ------
        a                   1,024  first
        a rather long name      7
        """)
  }

  @Test func cutsWordsToTheWidth() {
    #expect(
      table.render(width: 25) == """
        name        count  remark
        ----------  -----  ------
        a           1,024  first
        a rather …      7
        """)
  }

  @Test(arguments: [1, 10, 24, 30, 100]) func neverCutsNumbers(_ width: Int) {
    #expect(table.render(width: width).contains("1,024"))
  }
}
