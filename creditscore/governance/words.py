"""The shipped table of category words, English and Chinese, and their classes (docs/governance.md says why).

A word more, or of another class, is a new VERSION: scorecards hold the table that they were made with.
"""

from __future__ import annotations

from collections.abc import Mapping

VERSION = "1"

_SHOPPING = """
grocery; groceries; frozen grocery; supermarket; convenience store; department store; general merchandise; warehouse club;
produce; fruit; vegetables; fruit and vegetables; meat; meat-pckgd; pork; poultry; seafood; seafood-pckgd; fish; eggs; dairy;
cheese; deli; dairy deli; deli/snack bar; salad bar; chef shoppe; bakery; gro bakery; pastry; snacks; candy; confectionery;
beverages; drinks; soft drinks; water; juice; coffee; tea; beer; wine; spirits; alcohol; liquor; tobacco; cereal; rice; oil;
clothing; clothes; apparel; fashion; womenswear; menswear; underwear; shoes; bags; luggage; jewellery; jewelry; watches;
accessories; sunglasses; beauty; cosmetics; skin care; perfume; personal care; toiletries; hair care; hairdresser; barber; spa;
home; household; household goods; homeware; housewares; furniture; kitchen; kitchenware; bedding; textiles; decoration;
home improvement; hardware; tools; diy; garden; garden center; floral; flowers; cleaning; laundry; dry cleaning; appliances;
electronics; consumer electronics; computers; mobile phones; phones; cameras; photo; photo & video; audio; software; gaming;
games; digital; digital goods; elect & plumbing; toys; baby; baby products; infant formula; diapers; kids clothing;
children's clothing; books; magazines; newspapers; stationery; office supplies; art supplies; music; musical instruments;
movies; video; video rental; streaming; entertainment; cinema; theatre; concerts; tickets; museum; sports; sporting goods;
outdoor; fitness; gym; bicycles; cycling; hobbies; crafts; collectibles; pets; pet; pet food; pet supplies; pet care;
veterinary; veterinarian; gifts; gift cards; coupon; coup/str & mfg; automotive; auto parts; car care; car wash; fuel; petrol;
gasoline; gas station; kiosk-gas; tyres; second hand; used goods; restaurant; restaurants; dining; food; food delivery;
takeaway; fast food; cafe; bar; pub; noodles; hotpot; hot pot; grill; barbecue; bbq; sushi; pizza; burgers; dumplings;
chinese food; japanese food; korean food; western food; indian food; thai food; sichuan; cantonese; vegetarian; dessert;
ice cream; milk tea; breakfast; lunch; dinner; catering; services; home services; repair; cleaning services; moving;
postal services; postal center; courier; delivery; printing; photography; subscription; subscriptions; membership; membership fees;
misc; miscellaneous; other; others; misc sales tran; misc. trans.; meat-whse; prod-whs sales; none; unknown; cntrl/store sup; gm merch exp;
超市; 便利店; 百货; 商超; 生鲜; 水果; 蔬菜; 肉禽; 肉类; 海鲜; 水产; 蛋奶; 乳品; 烘焙; 面包; 糕点; 零食; 休闲食品; 饮料; 酒水; 酒类;
白酒; 啤酒; 烟酒; 茶叶; 茶; 咖啡; 奶茶; 粮油; 调味品; 米面粮油; 食品; 食品饮料; 日用; 日用品; 日用百货; 生活用品; 家清; 纸品;
清洁用品; 个护; 个人护理; 洗护; 美妆; 美容; 美发; 美容美发; 护肤; 彩妆; 香水; 化妆品; 服饰; 服装; 服饰鞋包; 女装; 男装; 童装; 内衣; 鞋靴;
鞋包; 箱包; 珠宝; 首饰; 珠宝首饰; 钟表; 配饰; 数码; 数码家电; 手机; 手机通讯; 电脑; 电脑办公; 家电; 大家电; 小家电; 厨房电器; 摄影; 影音;
家居; 家居用品; 家具; 家纺; 家装; 家装建材; 五金; 五金工具; 厨具; 灯具; 园艺; 鲜花; 绿植; 母婴; 母婴用品; 奶粉; 尿裤; 玩具; 玩具乐器;
图书; 书籍; 图书音像; 文具; 办公用品; 乐器; 运动; 运动户外; 户外; 健身; 体育用品; 自行车; 游戏; 游戏充值; 电影; 电影演出; 演出票务; 娱乐;
休闲娱乐; 文化休闲; KTV; 直播打赏; 视频会员; 会员; 宠物; 宠物用品; 宠物食品; 宠物医院; 兽医; 礼品; 礼品卡; 汽车用品; 汽车保养; 洗车; 加油; 汽车;
二手; 闲置; 餐饮; 餐饮美食; 美食; 外卖; 快餐; 火锅; 烧烤; 面馆; 面食; 粉面; 米饭; 小吃; 小吃快餐; 川菜; 粤菜; 湘菜; 西餐; 日料; 日本料理;
韩餐; 韩国料理; 东南亚菜; 自助餐; 甜品; 甜点; 饮品; 早餐; 午餐; 晚餐; 夜宵; 素食; 麻辣烫; 饺子; 披萨; 汉堡; 生活服务; 家政; 家政服务;
维修; 搬家; 快递; 快递物流; 邮寄; 打印; 商业服务; 其他; 其它; 消费; 购物; 网购
"""
_BILLS = """
bills; utilities; utility; electricity; gas bill; water bill; heating; phone bill; mobile; mobile top-up; telecom;
telecommunication; internet; broadband; cable tv; bill payment; payment; payments; service fee; bank fee; fees; handling fee;
payment for statement; postage; university; tuition; college; vocational training; driving school; exam fees; online courses; language courses;
生活缴费; 水电煤; 水费; 电费; 燃气费; 天然气; 暖气费; 话费; 话费充值; 手机充值; 通讯; 通信; 宽带; 有线电视; 缴费; 手续费; 服务费; 大学学费; 职业培训;
驾校; 考试报名
"""
_PEOPLE_MOVE = """
travel; travel & leisure; airline; airlines; air; flight; flights; air travel; rail; railway; train; trains; coach; bus; ferry; cruise;
hotel; hotels; lodging; accommodation; hospitality; bed and breakfast; holiday rental; package; tour; tours; sightseeing;
travel agency; attractions; car rental; ride; rides; ride hailing; taxi; cab; stay; public transport; transport; transportation;
metro; subway; commuting; parking; tolls; toll; ev charging; bike sharing; business trip; family visit; beach holiday; city break; ski trip; theme park;
出行; 交通; 交通出行; 公交; 地铁; 公交地铁; 打车; 网约车; 出租车; 顺风车; 共享单车; 停车; 停车费; 过路费; 高速通行; 充电桩; 租车; 代驾; 旅游; 旅行;
旅游度假; 度假; 机票; 火车票; 汽车票; 船票; 航空; 铁路; 酒店; 酒店旅游; 住宿; 民宿; 景点; 景点门票; 门票; 跟团游; 自由行; 旅行社; 邮轮; 商务出行; 探亲
"""
_ACCOUNTS = """
transfer; transfers; bank transfer; remittance; red packet; red envelope; cash; cash withdrawal; atm; withdrawal; top up; top-up;
wallet; account; credit card repayment; credit card; loan; loan repayment; loan payment; repayment; instalment; installment;
consumer loan; pawn shop; money transfer; debt collection; overdraft; sanction interest; sanction interest if negative balance; late fee; penalty;
fine; fines; rent; lottery; gambling; betting; casino; donation; donations; charity; charitable cont; legal services; lawyer; court fees;
转账; 转账红包; 红包; 汇款; 提现; 取现; 现金; 充值; 钱包; 信用卡; 信用卡还款; 还款; 贷款; 贷款还款; 借款; 花呗; 白条; 分期; 消费贷; 典当; 逾期费; 滞纳金; 罚款;
房租; 租房; 物业; 物业费; 彩票; 捐赠; 公益; 公益捐赠; 慈善; 法律服务; 律师; 亲情卡
"""
_MEANS = """
income; salary; salaries; wages; payroll; bonus; commission income; pension; annuity; benefits; unemployment benefit; dividend; dividends;
interest; interest income; interest credited; deposit; deposits; savings; savings account; time deposit; investment; investments;
wealth management; securities; stocks; shares; brokerage; bonds; funds; mutual funds; money market fund; gold investment; cryptocurrency; insurance; car insurance; motor insurance; life insurance; home insurance;
travel insurance; property insurance; insurance payment; insurance premium; insurance claim; mortgage; mortgage payment; real estate; property; property purchase; property tax; house purchase; housing fund;
tax; taxes; income tax; tax payment; tax refund; social security; inheritance; alimony;
收入; 工资; 薪资; 工资薪金; 奖金; 年终奖; 佣金; 养老金; 退休金; 补贴; 失业金; 股息; 分红; 利息; 利息收入; 存款; 储蓄; 定期存款; 活期; 理财; 投资; 投资理财; 基金; 股票; 证券; 债券; 余额宝;
货币基金; 黄金; 保险; 车险; 寿险; 人寿保险; 财产险; 意外险; 保费; 理赔; 房贷; 按揭; 房产; 不动产; 购房; 公积金; 住房公积金; 税; 税费; 个税; 个人所得税; 缴税; 退税; 社保; 遗产
"""
_NEVER = """
health; healthcare; health care; medical; medicine; pharmacy; pharmacy supply; drugstore; drug; rx; hospital; clinic; doctor; dentist; optician; opticians; optical; eyeglasses; contact lenses; laboratory tests;
nutrition; supplements; dietary supplements; vitamins; health food; health insurance; medical insurance; critical illness insurance; nursing; nursing home; mental health; counselling; counseling; rehabilitation; cosmetic surgery; blood donation;
maternity; disability; hearing aids; hbc; first aid; cannabis; religion; religious; religious goods; religious organizations; church; temple; mosque; synagogue; monastery; tithe; zakat; incense;
halal; kosher; genetics; dna test; ancestry test; biometrics; adult; adult products; sex toys; sexual wellness; dating; political donation; political organizations; trade union; union dues;
children's account; child account; teen account; minor account; school; primary school; school meals; childcare; nursery; daycare; kindergarten; preschool; tutoring; k12; summer camp; children's education;
健康; 药店; 药房; 药品; 医药; 医药健康; 医药保健; 医院; 医疗; 医疗健康; 挂号; 诊所; 门诊; 牙科; 口腔; 眼镜; 配镜; 隐形眼镜; 体检; 保健品; 保健; 营养品; 滋补; 滋补养生; 医美; 整形; 心理咨询; 康复; 护理院; 养老院; 健康险; 医疗险; 重疾险; 医保;
月子中心; 计生用品; 宗教; 宗教用品; 寺庙; 教堂; 清真寺; 清真; 道观; 佛具; 香烛; 香火; 功德; 进香; 朝圣; 朝觐; 祭祀; 基因检测; 亲子鉴定; 血型; 指纹; 人脸识别; 成人用品; 情趣用品; 婚恋; 交友; 党费; 工会;
儿童账户; 未成年人; 幼儿园; 托育; 早教; 小学; 中小学; 课外辅导; 少儿培训; 夏令营; 儿童教育; 校园餐
"""

ORDINARY, SEPARATE, WRITTEN, PROHIBITED = (
    tuple(word for text in texts for part in text.split(";") if (word := " ".join(part.split())))
    for texts in ((_SHOPPING, _BILLS), (_PEOPLE_MOVE, _ACCOUNTS), (_MEANS,), (_NEVER,))
)
# By a class's label, as reports write it.
WORDS: Mapping[str, tuple[str, ...]] = {
    "ordinary": ORDINARY,
    "separate consent": SEPARATE,
    "written consent": WRITTEN,
    "prohibited": PROHIBITED,
}
# Prohibited wherever they occur within a word that is not in the table itself.
_PARTS = """
health medic pharma drug hospital clinic doctor dental dentist therap psycholog psychiatr surger surgical vaccin pregnan
fertility contracep maternity wellness nutrition vitamin supplement disease diagnos cancer diabet disabilit optician
religio church temple mosque synagogue monaster pilgrim hajj umrah bible quran koran halal kosher buddhis christian
islam muslim hindu jewish genetic genom biometric fingerprint kindergarten preschool childcare
药 医 诊 病 疫苗 体检 康复 保健 牙科 口腔 眼科 孕 宗教 寺 教堂 教会 清真 佛 道观 香火 朝圣 朝觐 礼拜 圣经 古兰经 基督 伊斯兰 基因 指纹 人脸 虹膜 血 未成年
幼儿园 托育 中小学
"""
PARTS = tuple(_PARTS.split())
