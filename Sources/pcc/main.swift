print("pcc")
